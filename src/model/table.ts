import type { MLOpsClient } from '../api/client';
import type { Run } from '../api/types';
import type { ChangeStream, IChanges } from './changes';
import { Coalescer } from './coalesce';
import * as columns from './columns';
import type { ILayout, ISortKey } from './columns';
import { ObservableModel } from './observable';
import { IRunsQuery, toRequest } from './query';

/** Runs in a page: some screens. */
const PAGE = 200;

/** Rows that are fetched anew at once; of more, only those that changed. */
const RELOADED = 1000;

/** More changes than this are not looked at one by one. */
const PATCH_LIMIT = 50;

/** What is kept of a table when its tab is closed with the browser. */
export interface ITableState {
  readonly query?: IRunsQuery;
  readonly sort?: readonly ISortKey[];
  readonly layout?: ILayout;
}

/** Runs as a table: the server searches, sorts and pages; the user chooses the columns. */
export class RunTableModel extends ObservableModel {
  constructor(options: RunTableModel.IOptions) {
    super();
    this._client = options.client;
    this._query = options.state?.query ?? this._query;
    this._sort = options.state?.sort ?? this._sort;
    this._layout = options.state?.layout ?? this._layout;
    this._patch = new Coalescer(() => this._applyChanges());
    options.changes.changed.connect(this._onChanged, this);
    options.changes.reconnected.connect(this.reload, this);
    void this.reload();
  }

  /** Those that match, as far as they are loaded. */
  get runs(): readonly Run[] {
    return this._runs;
  }

  /** How many match; a lower bound unless `totalIsExact`. */
  get total(): number {
    return this._total;
  }

  get totalIsExact(): boolean {
    return this._totalIsExact;
  }

  get query(): IRunsQuery {
    return this._query;
  }

  get sort(): readonly ISortKey[] {
    return this._sort;
  }

  get layout(): ILayout {
    return this._layout;
  }

  /** False until the first answer. */
  get isReady(): boolean {
    return this._isReady;
  }

  /** Why the last request failed: mostly a filter that is not understood. */
  get error(): string | null {
    return this._error;
  }

  /** How many runs have come that are not in the table: they would move what the user looks at. */
  get waiting(): number {
    return this._waiting.size;
  }

  /** Ids of the columns that are shown, pinned ones first; the name is before them. */
  get shown(): string[] {
    return columns.orderColumns(this._layout, this._chosen);
  }

  /** Every column that a loaded run has, and how many have it. */
  get known(): ReadonlyMap<string, number> {
    return this._known;
  }

  /** Whether the user looks at the first rows: only then may new runs push the others down. */
  follow = true;

  /** What to keep. */
  get state(): ITableState {
    return { query: this._query, sort: this._sort, layout: this._layout };
  }

  async search(query: Partial<IRunsQuery>): Promise<void> {
    this._query = { ...this._query, ...query };
    this.touch();
    await this._fetch(PAGE, null);
  }

  /** Sort by a column: descending, then ascending, then no longer. `also` keeps the other keys. */
  async sortBy(id: string, also: boolean): Promise<void> {
    const known = this._sort.find(each => each.id === id);
    if (!known) {
      await this.setSort({ id, descending: true }, also);
    } else if (known.descending) {
      await this.setSort({ id, descending: false }, also);
    } else {
      await this.setSort(null, also, id);
    }
  }

  /** Sort by this key; null takes the key of `id` away. */
  async setSort(
    key: ISortKey | null,
    also: boolean,
    id = key?.id
  ): Promise<void> {
    const place = this._sort.findIndex(each => each.id === id);
    const others = also ? this._sort.filter(each => each.id !== id) : [];
    const at = also && place >= 0 ? place : others.length;
    this._sort = key
      ? [...others.slice(0, at), key, ...others.slice(at)]
      : others;
    this.touch();
    await this._fetch(PAGE, null);
  }

  toggleColumn(id: string): void {
    this._setLayout(columns.toggleColumn(this._layout, this._chosen, id));
  }

  togglePin(id: string): void {
    this._setLayout(columns.togglePin(this._layout, this._chosen, id));
  }

  moveColumn(id: string, step: number): void {
    this._setLayout(columns.moveColumn(this._layout, this._chosen, id, step));
  }

  resizeColumn(id: string, width: number): void {
    this._setLayout(columns.resizeColumn(this._layout, id, width));
  }

  /** Fetch as many runs as are loaded. */
  async reload(): Promise<void> {
    const count = Math.max(PAGE, Math.min(RELOADED, this._runs.length));
    await this._fetch(count, null);
  }

  /** Fetch the next page; nothing happens while one is on its way, or when there is none. */
  async loadMore(): Promise<void> {
    if (this._nextPage !== null && !this._isLoading) {
      await this._fetch(PAGE, this._nextPage);
    }
  }

  private async _fetch(count: number, page: string | null): Promise<void> {
    const ticket = (this._ticket += 1);
    this._isLoading = true;
    try {
      const answer = await this._client.get('/runs', {
        query: {
          ...toRequest(this._query),
          order_by: this._sort.map(columns.orderTerm),
          max_results: count,
          page_token: page ?? undefined
        }
      });
      if (ticket === this._ticket) {
        this._take(answer.runs, page !== null);
        this._total = answer.total;
        this._totalIsExact = answer.total_is_exact;
        this._nextPage = answer.next_page_token;
        this._error = null;
      }
    } catch (error) {
      if (ticket === this._ticket) {
        this._error = (error as Error).message;
      }
    }
    if (ticket === this._ticket) {
      this._isLoading = false;
      this._isReady = true;
      this.touch();
    }
  }

  private _take(runs: readonly Run[], append: boolean): void {
    const known = new Set(append ? this._runs.map(run => run.run_id) : []);
    const fresh = runs.filter(run => !known.has(run.run_id));
    this._runs = append ? [...this._runs, ...fresh] : [...runs];
    this._known = columns.countColumns(fresh, append ? this._known : undefined);
    if (!append) {
      this._waiting.clear();
      this._usual = columns.usualColumns(runs);
    }
  }

  private get _chosen(): readonly string[] {
    return this._layout.columns ?? this._usual;
  }

  private _setLayout(layout: ILayout): void {
    this._layout = layout;
    this.touch();
  }

  private _onChanged(_: unknown, changes: IChanges): void {
    if (changes.runs.length > 0) {
      changes.runs.forEach(runId => this._pending.add(runId));
      void this._patch.request();
    }
  }

  private async _applyChanges(): Promise<void> {
    const runIds = [...this._pending];
    this._pending.clear();
    if (this.follow || runIds.length > PATCH_LIMIT) {
      await this.reload();
    } else if (runIds.length > 0) {
      await this._patchRuns(runIds);
    }
  }

  /** Put changed runs into their places; those that no longer match leave, new ones wait. */
  private async _patchRuns(runIds: readonly string[]): Promise<void> {
    const ticket = this._ticket;
    try {
      const page = await this._client.get('/runs', {
        query: { ...toRequest(this._query, runIds), max_results: PATCH_LIMIT },
        background: true
      });
      if (ticket !== this._ticket) {
        return;
      }
      const fresh = new Map(page.runs.map(run => [run.run_id, run]));
      const asked = new Set(runIds);
      this._runs = this._runs
        .filter(run => !asked.has(run.run_id) || fresh.has(run.run_id))
        .map(run => fresh.get(run.run_id) ?? run);
      this._runs.forEach(run => fresh.delete(run.run_id));
      fresh.forEach((_, runId) => this._waiting.add(runId));
    } catch (error) {
      this._error = (error as Error).message;
    }
    this.touch();
  }

  private readonly _client: MLOpsClient;
  private readonly _patch: Coalescer;
  private readonly _pending = new Set<string>();
  private readonly _waiting = new Set<string>();
  private _runs: Run[] = [];
  private _known: Map<string, number> = columns.countColumns([]);
  private _usual: string[] = [];
  private _total = 0;
  private _totalIsExact = true;
  private _nextPage: string | null = null;
  private _query: IRunsQuery = { search: '', experiment: null };
  private _sort: readonly ISortKey[] = [];
  private _layout: ILayout = columns.EMPTY_LAYOUT;
  private _ticket = 0;
  private _isLoading = false;
  private _isReady = false;
  private _error: string | null = null;
}

export namespace RunTableModel {
  /** What a table is made from. */
  export interface IOptions {
    readonly client: MLOpsClient;
    readonly changes: ChangeStream;
    readonly state?: ITableState;
  }
}
