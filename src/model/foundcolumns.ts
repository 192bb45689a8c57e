import { Throttler } from '@lumino/polling';
import type { MLOpsClient } from '../api/client';
import type { Column } from '../api/types';
import { columnId, usualColumns } from './columns';
import { ObservableModel } from './observable';
import type { RunsView } from './query';

/** Keys of tags that come with every run. */
const MOST_TAGS = 50;

/** Milliseconds after a change in which the columns are looked up again once. */
const PAUSE = 2000;

/** Which columns the runs of a table have, and which of them say most. */
export class FoundColumns extends ObservableModel {
  /** `ofTrash`: whether the table shows the runs in the trash. */
  constructor(
    private readonly _client: MLOpsClient,
    private readonly _view: () => RunsView | undefined
  ) {
    super();
  }

  get all(): readonly Column[] {
    return this._all;
  }

  /** Ids of columns for somebody who has chosen none. */
  get usual(): readonly string[] {
    return this._usual;
  }

  /** Ids of the tags that most runs have. */
  get tags(): readonly string[] {
    return this._tags;
  }

  /** Why the last look failed. */
  get error(): Error | null {
    return this._error;
  }

  /** Look them up soon, once for many changes. */
  refresh(): void {
    void this._refresh.invoke();
  }

  async fetch(): Promise<void> {
    try {
      const page = await this._client.get('/columns', {
        query: { view: this._view() },
        background: true
      });
      this._set(page.columns, page.several_people);
      this._error = null;
    } catch (error) {
      this._error = error as Error;
    }
    this.touch();
  }

  override dispose(): void {
    this._refresh.dispose();
    super.dispose();
  }

  private _set(found: readonly Column[], severalPeople: boolean): void {
    this._all = found;
    this._usual = usualColumns(found, severalPeople);
    this._tags = found
      .filter(each => each.kind === 'tags')
      .sort((a, b) => b.count - a.count)
      .slice(0, MOST_TAGS)
      .map(columnId);
  }

  private readonly _refresh = new Throttler(() => this.fetch(), {
    limit: PAUSE,
    edge: 'trailing'
  });
  private _all: readonly Column[] = [];
  private _usual: readonly string[] = [];
  private _tags: readonly string[] = [];
  private _error: Error | null = null;
}
