import type { MLOpsClient } from '../api/client';
import type { Run, RunPage } from '../api/types';
import type { ChangeStream, IChanges } from './changes';
import { Coalescer } from './coalesce';
import { ObservableModel } from './observable';
import { IRunsQuery, toRequest } from './query';

/** Runs that are fetched anew at once; of more, only those that changed. */
const RELOADED = 1000;

/** More changes than this are not looked at one by one. */
const PATCH_LIMIT = 50;

/** What a request for runs may carry beside the query. */
export interface IRunsOrder {
  readonly order_by?: string[];
}

/** Runs that match a query, fetched page after page and kept as new as the server's. */
export abstract class RunPages extends ObservableModel {
  /** Whoever extends it calls `reload` when it is ready for an answer. */
  protected constructor(
    options: RunPages.IOptions,
    private readonly _pageSize: number,
    query?: IRunsQuery
  ) {
    super();
    this._query = query ?? { search: '', experiment: null };
    this.client = options.client;
    this._patch = new Coalescer(() => this._applyChanges());
    options.changes.changed.connect(this._onChanged, this);
    options.changes.reconnected.connect(this.reload, this);
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

  get hasMore(): boolean {
    return this._nextPage !== null;
  }

  get query(): IRunsQuery {
    return this._query;
  }

  /** False until the first answer. */
  get isReady(): boolean {
    return this._isReady;
  }

  /** Why the last request failed: mostly a filter that is not understood. */
  get error(): string | null {
    return this._error;
  }

  /** Search anew. */
  async search(query: Partial<IRunsQuery>): Promise<void> {
    this._query = { ...this._query, ...query };
    this.touch();
    await this.restart();
  }

  /** Fetch as many runs as are loaded. */
  async reload(): Promise<void> {
    const count = Math.min(RELOADED, this._runs.length);
    await this._fetch(Math.max(this._pageSize, count), null, true);
  }

  /** Fetch the next page; nothing happens while one is on its way, or when there is none. */
  async loadMore(): Promise<void> {
    if (this.hasMore && !this._isLoading) {
      await this._fetch(this._pageSize, this._nextPage, false);
    }
  }

  /** Fetch the first page: the query or the order is another. */
  protected restart(): Promise<void> {
    return this._fetch(this._pageSize, null, false);
  }

  protected readonly client: MLOpsClient;

  /** How the server is asked; the order is the server's own unless this says another. */
  protected get order(): IRunsOrder {
    return {};
  }

  /** Whether a change may move everything: then all is fetched anew. */
  protected get movesFreely(): boolean {
    return false;
  }

  /** Put changed runs into their places; `gone` no longer match. */
  protected abstract merge(
    fresh: readonly Run[],
    gone: ReadonlySet<string>
  ): Run[];

  /** Called with runs that have come, before the views are told. */
  protected taken(_fresh: readonly Run[], _append: boolean): void {
    // Most have nothing to add.
  }

  /** Called after changes on the server were taken over. */
  protected async followChanges(): Promise<void> {
    // Most have nothing to add.
  }

  /** Replace runs that are loaded. */
  protected replace(runs: readonly Run[]): void {
    const byId = new Map(runs.map(run => [run.run_id, run]));
    this._runs = this._runs.map(run => byId.get(run.run_id) ?? run);
    this.touch();
  }

  /** Take runs out of what is loaded. */
  protected drop(runIds: ReadonlySet<string>): void {
    this._set(this._runs.filter(run => !runIds.has(run.run_id)));
    this.touch();
  }

  /** Keep what is shown when a request fails, and say why. */
  protected async guard(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      this._error = (error as Error).message;
    }
  }

  private async _fetch(
    count: number,
    page: string | null,
    background: boolean
  ): Promise<void> {
    const ticket = (this._ticket += 1);
    this._isLoading = true;
    try {
      const answer = await this.client.get('/runs', {
        query: {
          ...toRequest(this._query),
          ...this.order,
          max_results: count,
          page_token: page ?? undefined
        },
        background
      });
      if (ticket === this._ticket) {
        this._take(answer, page !== null);
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

  private _take(answer: RunPage, append: boolean): void {
    const known = new Set(append ? this._runs.map(run => run.run_id) : []);
    const fresh = answer.runs.filter(run => !known.has(run.run_id));
    this._runs = append ? [...this._runs, ...fresh] : fresh;
    this._total = answer.total;
    this._totalIsExact = answer.total_is_exact;
    this._nextPage = answer.next_page_token;
    this._error = null;
    this.taken(fresh, append);
  }

  /** Set the runs after some have come or gone. */
  private _set(runs: Run[]): void {
    this._total += runs.length - this._runs.length;
    this._runs = runs;
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
    if (runIds.length === 0) {
      return;
    }
    if (this.movesFreely || runIds.length > PATCH_LIMIT) {
      await this.reload();
    } else {
      await this.guard(() => this._patchRuns(runIds));
    }
    await this.followChanges();
    this.touch();
  }

  /** Fetch only what changed. A run that no longer matches does not come back: it leaves. */
  private async _patchRuns(runIds: readonly string[]): Promise<void> {
    const ticket = this._ticket;
    const page = await this.client.get('/runs', {
      query: { ...toRequest(this._query, runIds), max_results: PATCH_LIMIT },
      background: true
    });
    if (ticket === this._ticket) {
      const found = new Set(page.runs.map(run => run.run_id));
      const gone = new Set(runIds.filter(runId => !found.has(runId)));
      this._set(this.merge(page.runs, gone));
      this._error = null;
    }
  }

  private readonly _patch: Coalescer;
  private readonly _pending = new Set<string>();
  private _runs: Run[] = [];
  private _total = 0;
  private _totalIsExact = true;
  private _nextPage: string | null = null;
  private _query: IRunsQuery;
  private _ticket = 0;
  private _isLoading = false;
  private _isReady = false;
  private _error: string | null = null;
}

export namespace RunPages {
  /** What it is made from. */
  export interface IOptions {
    readonly client: MLOpsClient;
    readonly changes: ChangeStream;
  }
}
