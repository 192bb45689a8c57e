import type { MLOpsClient } from '../api/client';
import type { Experiment, Run, RunDetails } from '../api/types';
import type { ChangeStream, IChanges } from './changes';
import { Coalescer } from './coalesce';
import { ObservableModel } from './observable';
import { IRunsQuery, isTree, mergeRuns, toRequest } from './query';
import { Sparklines } from './sparklines';

/** Runs in a page. */
const PAGE = 50;

/** More changes than this at once: the whole list is fetched anew. */
const PATCH_LIMIT = 50;

/** A line of the list. */
export interface IRunRow {
  readonly run: Run;
  /** 0, or 1 for a child that is folded out. */
  readonly level: number;
  readonly expanded: boolean;
}

/** The list of runs, newest first and live, with its search, selection and folds. */
export class RunsModel extends ObservableModel {
  constructor(options: RunsModel.IOptions) {
    super();
    this._client = options.client;
    this.sparklines = new Sparklines(options.client);
    this._patch = new Coalescer(() => this._applyChanges());
    options.changes.changed.connect(this._onChanged, this);
    options.changes.reconnected.connect(this.reload, this);
    void this.reload();
    void this._fetchExperiments();
  }

  readonly sparklines: Sparklines;

  /** Those that match, as far as they are loaded; without children that are folded away. */
  get runs(): readonly Run[] {
    return this._runs;
  }

  /** How many match. */
  get total(): number {
    return this._total;
  }

  /** Whether there are just `total` runs, or at least so many. */
  get totalIsExact(): boolean {
    return this._totalIsExact;
  }

  get hasMore(): boolean {
    return this._nextPage !== null;
  }

  get experiments(): readonly Experiment[] {
    return this._experiments;
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

  get selection(): ReadonlySet<string> {
    return this._selection;
  }

  /** Lines to show, with the children of unfolded runs. */
  get rows(): IRunRow[] {
    return this._runs.flatMap(run => {
      const expanded = this._children.has(run.run_id);
      const children = this._children.get(run.run_id) ?? [];
      return [
        { run, level: 0, expanded },
        ...children.map(child => ({ run: child, level: 1, expanded: false }))
      ];
    });
  }

  /** A loaded run by its id. */
  find(runId: string): Run | undefined {
    return this.rows.find(row => row.run.run_id === runId)?.run;
  }

  /** Search anew. */
  async search(query: Partial<IRunsQuery>): Promise<void> {
    this._query = { ...this._query, ...query };
    this.touch();
    await this.reload();
  }

  /** Fetch as many runs as are shown. */
  async reload(): Promise<void> {
    const ticket = (this._ticket += 1);
    const count = Math.max(PAGE, Math.min(1000, this._runs.length));
    await this._guard(async () => {
      const page = await this._client.get('/runs', {
        query: { ...toRequest(this._query), max_results: count },
        background: true
      });
      if (ticket === this._ticket) {
        this._runs = page.runs;
        this._total = page.total;
        this._totalIsExact = page.total_is_exact;
        this._nextPage = page.next_page_token;
        this._error = null;
        void this.sparklines.fetch(page.runs);
      }
    });
    this._isReady = true;
    this.touch();
  }

  /** Fetch the next page. */
  async loadMore(): Promise<void> {
    const ticket = this._ticket;
    await this._guard(async () => {
      const page = await this._client.get('/runs', {
        query: {
          ...toRequest(this._query),
          max_results: PAGE,
          page_token: this._nextPage ?? undefined
        }
      });
      if (ticket === this._ticket) {
        this._runs = mergeRuns(this._runs, page.runs, new Set());
        this._nextPage = page.next_page_token;
        this._error = null;
        void this.sparklines.fetch(page.runs);
      }
    });
    this.touch();
  }

  /** Select a run, or no longer. */
  select(runId: string, selected: boolean): void {
    const selection = new Set(this._selection);
    if (selected) {
      selection.add(runId);
    } else {
      selection.delete(runId);
    }
    this._selection = selection;
    this.touch();
  }

  /** Select these runs too. */
  selectAlso(runIds: readonly string[]): void {
    this._selection = new Set([...this._selection, ...runIds]);
    this.touch();
  }

  clearSelection(): void {
    this._selection = new Set();
    this.touch();
  }

  /** Fold a run's children out or in. */
  async expand(runId: string, expanded: boolean): Promise<void> {
    if (expanded) {
      await this._guard(() => this._fetchChildren(runId));
    } else {
      this._children.delete(runId);
    }
    this.touch();
  }

  async tag(
    runIds: readonly string[],
    tags: Record<string, string | null>
  ): Promise<void> {
    const runs = await this._client.post('/runs/tag', {
      body: { run_ids: [...runIds], tags }
    });
    this._replace(runs);
  }

  /** Move to the trash; `restore` brings back. */
  async remove(runIds: readonly string[]): Promise<void> {
    await this._client.post('/runs/delete', { body: { run_ids: [...runIds] } });
    const gone = new Set(runIds);
    const before = this._runs.length;
    this._runs = this._runs.filter(run => !gone.has(run.run_id));
    this._total -= before - this._runs.length;
    this._selection = new Set(
      [...this._selection].filter(runId => !gone.has(runId))
    );
    this.touch();
    await this._refreshChildren();
  }

  async restore(runIds: readonly string[]): Promise<void> {
    await this._client.post('/runs/restore', {
      body: { run_ids: [...runIds] }
    });
    await this.reload();
    await this._refreshChildren();
  }

  async rename(runId: string, name: string): Promise<void> {
    await this._update(runId, { name });
  }

  async setNote(runId: string, note: string): Promise<void> {
    await this._update(runId, { note });
  }

  /** Open a run in a kernel. */
  async start(kernelId: string, name: string | null): Promise<Run> {
    return this._client.post('/runs/start', {
      body: { kernel_id: kernelId, name, experiment: null }
    });
  }

  /** Close a run that is open. */
  async end(runId: string): Promise<Run> {
    return this._client.post('/runs/{run_id}/end', {
      path: { run_id: runId },
      body: { status: 'FINISHED' }
    });
  }

  /** One run with all that belongs to it. */
  details(runId: string): Promise<RunDetails> {
    return this._client.get('/runs/{run_id}', { path: { run_id: runId } });
  }

  /** Keys of tags in use. */
  async tagKeys(): Promise<string[]> {
    return (await this._client.get('/tags')).keys;
  }

  /** Values that a tag has had. */
  async tagValues(key: string): Promise<string[]> {
    return (await this._client.get('/tags', { query: { key } })).values;
  }

  override dispose(): void {
    this.sparklines.dispose();
    super.dispose();
  }

  private async _update(
    runId: string,
    change: { name?: string; note?: string }
  ): Promise<void> {
    const run = await this._client.patch('/runs/{run_id}', {
      path: { run_id: runId },
      body: change
    });
    this._replace([run]);
  }

  private _replace(runs: readonly Run[]): void {
    const byId = new Map(runs.map(run => [run.run_id, run]));
    const fresh = (run: Run) => byId.get(run.run_id) ?? run;
    this._runs = this._runs.map(fresh);
    for (const [parent, children] of this._children) {
      this._children.set(parent, children.map(fresh));
    }
    this.touch();
  }

  private _onChanged(_: unknown, changes: IChanges): void {
    if (changes.runs.length > 0) {
      changes.runs.forEach(runId => this._pending.add(runId));
      void this._patch.request();
    }
  }

  /** Fetch only what changed. A run that no longer matches does not come back: it leaves the list. */
  private async _applyChanges(): Promise<void> {
    const runIds = [...this._pending];
    this._pending.clear();
    if (runIds.length === 0) {
      return;
    }
    if (runIds.length > PATCH_LIMIT) {
      await this.reload();
    } else {
      await this._guard(() => this._patchRuns(runIds));
    }
    await this._refreshChildren();
    await this._fetchExperiments();
    this.touch();
  }

  private async _patchRuns(runIds: readonly string[]): Promise<void> {
    const ticket = this._ticket;
    const page = await this._client.get('/runs', {
      query: {
        ...toRequest(this._query, runIds),
        max_results: PATCH_LIMIT
      },
      background: true
    });
    if (ticket !== this._ticket) {
      return;
    }
    const found = new Set(page.runs.map(run => run.run_id));
    const gone = new Set(runIds.filter(runId => !found.has(runId)));
    const before = this._runs.length;
    const oldest = this._runs[before - 1]?.start_time ?? 0;
    // What is older than the last loaded page comes with its own page.
    const fresh = page.runs.filter(
      run => !this.hasMore || run.start_time >= oldest
    );
    this._runs = mergeRuns(this._runs, fresh, gone);
    this._total += this._runs.length - before;
    this._error = null;
    void this.sparklines.fetch(fresh);
  }

  private async _fetchChildren(runId: string): Promise<void> {
    const page = await this._client.get('/runs', {
      query: { parent_run_id: runId, max_results: 1000 },
      background: true
    });
    this._children.set(runId, page.runs);
    void this.sparklines.fetch(page.runs);
  }

  private async _refreshChildren(): Promise<void> {
    if (!isTree(this._query)) {
      return;
    }
    for (const parent of [...this._children.keys()]) {
      await this._guard(() => this._fetchChildren(parent));
    }
    this.touch();
  }

  private async _fetchExperiments(): Promise<void> {
    await this._guard(async () => {
      this._experiments = await this._client.get('/experiments', {
        background: true
      });
    });
    this.touch();
  }

  private async _guard(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      this._error = (error as Error).message;
    }
  }

  private readonly _client: MLOpsClient;
  private readonly _patch: Coalescer;
  private readonly _pending = new Set<string>();
  private readonly _children = new Map<string, Run[]>();
  private _runs: Run[] = [];
  private _total = 0;
  private _totalIsExact = true;
  private _nextPage: string | null = null;
  private _experiments: Experiment[] = [];
  private _selection: ReadonlySet<string> = new Set();
  private _query: IRunsQuery = { search: '', experiment: null };
  private _ticket = 0;
  private _isReady = false;
  private _error: string | null = null;
}

export namespace RunsModel {
  /** What a list of runs is made from. */
  export interface IOptions {
    readonly client: MLOpsClient;
    readonly changes: ChangeStream;
  }
}
