import type { MLOpsClient } from '../api/client';
import type { RunGroup } from '../api/types';
import { groupOrder, ISortKey } from './columns';
import { ObservableModel } from './observable';
import type { IRunsRequest } from './query';

/** Groups that are shown at most. */
const MOST_GROUPS = 500;

/** Metrics that are summed up for each group: the server takes no more. */
const SUMMED = 10;

/** What the groups are made of. */
export interface IGrouped {
  readonly request: IRunsRequest;
  readonly sort: readonly ISortKey[];
  /** Ids of the columns that are shown. */
  readonly shown: readonly string[];
}

/** Groups of the runs that match, where a table is grouped. */
export class TableGroups extends ObservableModel {
  constructor(private readonly _client: MLOpsClient) {
    super();
  }

  /** Column by which the runs are grouped, as a filter writes it. */
  get by(): string | null {
    return this._by;
  }

  /** Null until they are there, and where nothing is grouped. */
  get all(): readonly RunGroup[] | null {
    return this._all;
  }

  /** Runs in all of them. */
  get runCount(): number {
    return this._runCount;
  }

  get error(): Error | null {
    return this._error;
  }

  /** Group by another column; null: no longer. */
  groupBy(column: string | null): void {
    this._by = column;
    this._all = null;
    this._error = null;
  }

  /** Fetch them anew; those that are shown stay until then. */
  async fetch({ request, sort, shown }: IGrouped): Promise<void> {
    const by = this._by;
    const ticket = (this._ticket += 1);
    if (by === null) {
      return;
    }
    const { filter, text, experiment, view, roots } = request;
    const metrics = shown.filter(id => id.startsWith('metrics.'));
    try {
      const found = await this._client.get('/groups', {
        query: {
          ...{ filter, text, experiment, view, roots, by },
          ...groupOrder(sort, metrics.slice(0, SUMMED)),
          max_results: MOST_GROUPS
        }
      });
      if (ticket === this._ticket) {
        this._all = found.groups;
        this._runCount = found.run_count;
        this._error = null;
      }
    } catch (error) {
      if (ticket === this._ticket) {
        this._all = this._all ?? [];
        this._error = error as Error;
      }
    }
    this.touch();
  }

  private _by: string | null = null;
  private _all: readonly RunGroup[] | null = null;
  private _runCount = 0;
  private _error: Error | null = null;
  private _ticket = 0;
}
