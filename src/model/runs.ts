import type { Experiment, Run, RunDetails, TaggedRuns } from '../api/types';
import { RunPages } from './pages';
import {
  EMPTY_QUERY,
  IRunsQuery,
  IRunsRequest,
  isTree,
  mergeRuns,
  toRequest
} from './query';
import { Sparklines } from './sparklines';

/** Runs in a page. */
const PAGE = 50;

/** The server takes no more in one request. */
const MOST_AT_ONCE = 1000;

/** A line of the list. */
export interface IRunRow {
  readonly run: Run;
  /** 0, or 1 for a child that is folded out. */
  readonly level: number;
  readonly expanded: boolean;
}

/** The list of runs, newest first and live, with its search, selection and folds. */
export class RunsModel extends RunPages {
  constructor(options: RunPages.IOptions) {
    super(options, PAGE);
    this.sparklines = new Sparklines(options.client);
    void this.reload();
    void this._fetchExperiments();
  }

  readonly sparklines: Sparklines;

  get experiments(): readonly Experiment[] {
    return this._experiments;
  }

  get selection(): ReadonlySet<string> {
    return this._selection;
  }

  /** Lines to show, with the children of unfolded runs. */
  get rows(): IRunRow[] {
    return this.runs.flatMap(run => {
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

  get query(): IRunsQuery {
    return this._query;
  }

  /** Search anew. */
  async search(query: Partial<IRunsQuery>): Promise<void> {
    this._query = { ...this._query, ...query };
    this.touch();
    await this.restart();
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
      await this.guard(() => this._fetchChildren(runId));
    } else {
      this._children.delete(runId);
    }
    this.touch();
  }

  async tag(
    runIds: readonly string[],
    tags: Record<string, string | null>
  ): Promise<void> {
    for (const part of inParts(runIds)) {
      const runs = await this.client.post('/runs/tag', {
        body: { run_ids: part, tags }
      });
      this._replace(runs);
    }
  }

  /** Values that tags of runs have; what gives them back. */
  async tagsOf(
    runIds: readonly string[],
    keys: readonly string[]
  ): Promise<() => Promise<void>> {
    const found: TaggedRuns[] = [];
    for (const part of inParts(runIds)) {
      const body = { run_ids: part, keys: [...keys] };
      found.push(...(await this.client.post('/runs/tags', { body })));
    }
    return async () => {
      for (const { run_ids, tags } of found) {
        await this.tag(run_ids, tags);
      }
    };
  }

  /** Put aside; `unarchive` brings back. */
  async archive(runIds: readonly string[]): Promise<void> {
    for (const part of inParts(runIds)) {
      await this.client.post('/runs/archive', { body: { run_ids: part } });
    }
    await this._leave(runIds);
  }

  async unarchive(runIds: readonly string[]): Promise<void> {
    for (const part of inParts(runIds)) {
      await this.client.post('/runs/unarchive', { body: { run_ids: part } });
    }
    await this.reload();
    await this._refreshChildren();
  }

  /** Move to the trash; `restore` brings back. */
  async remove(runIds: readonly string[]): Promise<void> {
    for (const part of inParts(runIds)) {
      await this.client.post('/runs/delete', { body: { run_ids: part } });
    }
    await this._leave(runIds);
  }

  async restore(runIds: readonly string[]): Promise<void> {
    for (const part of inParts(runIds)) {
      await this.client.post('/runs/restore', { body: { run_ids: part } });
    }
    await this.reload();
    await this._refreshChildren();
  }

  /** Erase deleted runs for good, or only say how many bytes that would free. */
  async erase(runIds: readonly string[], dryRun: boolean): Promise<number> {
    let freed = 0;
    for (const part of inParts(runIds)) {
      const answer = await this.client.post('/runs/purge', {
        body: { run_ids: part, dry_run: dryRun }
      });
      freed += answer.freed_bytes;
    }
    if (!dryRun) {
      const gone = new Set(runIds);
      this._selection = new Set(
        [...this._selection].filter(runId => !gone.has(runId))
      );
      this.touch();
    }
    return freed;
  }

  async rename(runId: string, name: string): Promise<void> {
    await this._update(runId, { name });
  }

  async setNote(runId: string, note: string): Promise<void> {
    await this._update(runId, { note });
  }

  async setExperimentNote(experimentId: string, note: string): Promise<void> {
    const experiment = await this.client.patch('/experiments/{experiment_id}', {
      path: { experiment_id: experimentId },
      body: { note }
    });
    this._experiments = this._experiments.map(each =>
      each.experiment_id === experimentId ? experiment : each
    );
    this.touch();
  }

  /** Open a run in a kernel. */
  async start(kernelId: string, name: string | null): Promise<Run> {
    return this.client.post('/runs/start', {
      body: { kernel_id: kernelId, name, experiment: null }
    });
  }

  /** Close a run that is open. */
  async end(runId: string): Promise<Run> {
    return this.client.post('/runs/{run_id}/end', {
      path: { run_id: runId },
      body: { status: 'FINISHED' }
    });
  }

  /** One run with all that belongs to it. */
  details(runId: string): Promise<RunDetails> {
    return this.client.get('/runs/{run_id}', { path: { run_id: runId } });
  }

  /** Keys of tags in use. */
  async tagKeys(): Promise<string[]> {
    return (await this.client.get('/tags')).keys;
  }

  /** Values that a tag has had. */
  async tagValues(key: string): Promise<string[]> {
    return (await this.client.get('/tags', { query: { key } })).values;
  }

  override dispose(): void {
    this.sparklines.dispose();
    super.dispose();
  }

  /** These are in the list no more. */
  private async _leave(runIds: readonly string[]): Promise<void> {
    const gone = new Set(runIds);
    this._selection = new Set(
      [...this._selection].filter(runId => !gone.has(runId))
    );
    this.drop(gone);
    await this._refreshChildren();
  }

  private async _update(
    runId: string,
    change: { name?: string; note?: string }
  ): Promise<void> {
    const run = await this.client.patch('/runs/{run_id}', {
      path: { run_id: runId },
      body: change
    });
    this._replace([run]);
  }

  private _replace(runs: readonly Run[]): void {
    const byId = new Map(runs.map(run => [run.run_id, run]));
    for (const [parent, children] of this._children) {
      this._children.set(
        parent,
        children.map(run => byId.get(run.run_id) ?? run)
      );
    }
    this.replace(runs);
  }

  protected override ask(runIds?: readonly string[]): IRunsRequest {
    return toRequest(this._query, runIds);
  }

  protected override admit(runs: Run[], fresh: readonly Run[]): Run[] {
    const oldest = runs[runs.length - 1]?.start_time ?? 0;
    // What is older than the last loaded page comes with its own page.
    const near = fresh.filter(run => !this.hasMore || run.start_time >= oldest);
    return mergeRuns(runs, near);
  }

  protected override taken(fresh: readonly Run[]): void {
    void this.sparklines.fetch(fresh);
  }

  protected override async followChanges(): Promise<void> {
    await this._refreshChildren();
    await this._fetchExperiments();
  }

  private async _fetchChildren(runId: string): Promise<void> {
    const page = await this.client.get('/runs', {
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
      await this.guard(() => this._fetchChildren(parent));
    }
    this.touch();
  }

  private async _fetchExperiments(): Promise<void> {
    await this.guard(async () => {
      this._experiments = await this.client.get('/experiments', {
        background: true
      });
    });
    this.touch();
  }

  private readonly _children = new Map<string, Run[]>();
  private _query: IRunsQuery = EMPTY_QUERY;
  private _experiments: Experiment[] = [];
  private _selection: ReadonlySet<string> = new Set();
}

/** Ids in lists that the server takes. */
function inParts(runIds: readonly string[]): string[][] {
  const count = Math.ceil(runIds.length / MOST_AT_ONCE);
  return Array.from({ length: count }, (_, i) =>
    runIds.slice(i * MOST_AT_ONCE, (i + 1) * MOST_AT_ONCE)
  );
}
