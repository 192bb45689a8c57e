import type { MLOpsClient } from '../api/client';
import { MLOpsError } from '../api/client';
import type { QueryProblem, Run, RunPage } from '../api/types';
import type { ChangeStream, IChanges } from './changes';
import { Coalescer } from './coalesce';
import { ObservableModel } from './observable';
import type { IRunsRequest } from './query';

/** Runs in one request at most. */
const MOST = 1000;

/** More changes than this are not looked at one by one. */
const PATCH_LIMIT = 50;

/** Runs that are kept; when there are more, those that are far from what is looked at go. */
const KEPT = 20_000;

/** Which word of a query is wrong, where that is why the server said no. */
export function problemOf(error: Error | null): QueryProblem | null {
  return error instanceof MLOpsError ? error.problem : null;
}

/** From one place to before another. */
interface IRange {
  readonly from: number;
  readonly to: number;
}

/**
 * The runs of one request, kept as new as the server's. Only those that are looked at are fetched,
 * wherever they stand, and of them only the columns that are looked at.
 */
export abstract class RunPages extends ObservableModel {
  /** Whoever extends it calls `reload` when it is ready for an answer. */
  protected constructor(
    options: RunPages.IOptions,
    private readonly _pageSize: number
  ) {
    super();
    this.client = options.client;
    this._wanted = { from: 0, to: _pageSize };
    this._patch = new Coalescer(() => this._applyChanges());
    options.changes.changed.connect(this._onChanged, this);
    options.changes.reconnected.connect(this.reload, this);
  }

  /** Those that match, as far as they are loaded. */
  get runs(): readonly Run[] {
    return this._runs.filter(run => run !== undefined);
  }

  /** The run at a place; undefined until it is loaded. */
  at(index: number): Run | undefined {
    return this._runs[index];
  }

  /** Call with every run that is loaded, and its place. */
  forEach(look: (run: Run, place: number) => void): void {
    this._runs.forEach(look);
  }

  /** How many match; a lower bound unless `totalIsExact`. */
  get total(): number {
    return this._total;
  }

  get totalIsExact(): boolean {
    return this._totalIsExact;
  }

  get hasMore(): boolean {
    return this._loaded < this._total || !this._totalIsExact;
  }

  /** False until the first answer. */
  get isReady(): boolean {
    return this._isReady;
  }

  /** Why the last request failed: mostly a filter that is not understood. */
  get error(): string | null {
    return this._error?.message ?? null;
  }

  /** Which word of the filter is wrong. */
  get problem(): QueryProblem | null {
    return problemOf(this._error);
  }

  /** Fetch anew what is looked at; the rest follows when it is looked at again. */
  async reload(): Promise<void> {
    await this._fetch(this._limited(this._wanted), true, true);
    await this._fill();
  }

  /** Fetch the runs after those that are loaded. */
  async loadMore(): Promise<void> {
    await this.show(0, this._loaded + this._pageSize);
  }

  /** Say which runs are looked at: those that lack are fetched. */
  async show(from: number, to: number): Promise<void> {
    this._wanted = { from, to };
    if (!this._isLoading) {
      await this._fill();
    }
  }

  /** Fetch from the start: the query or the order is another. */
  protected async restart(): Promise<void> {
    this._wanted = { from: 0, to: this._pageSize };
    await this._fetch(this._wanted, true, false);
    await this._fill();
  }

  protected readonly client: MLOpsClient;

  /** How the server is asked for all, or for some of them. */
  protected abstract ask(runIds?: readonly string[]): IRunsRequest;

  /** Whether a change may move everything: then all is fetched anew. */
  protected get movesFreely(): boolean {
    return false;
  }

  /** Take runs that were not there before; those that are not put into a place are not shown. */
  protected abstract admit(runs: Run[], fresh: readonly Run[]): Run[];

  /** Called with runs that have come or changed, before the views are told. */
  protected taken(_fresh: readonly Run[], _anew: boolean): void {
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
    this._set(Private.without(this._runs, runIds));
    this.touch();
  }

  /** Keep what is shown when a request fails, and say why. */
  protected async guard(task: () => Promise<void>): Promise<void> {
    try {
      await task();
    } catch (error) {
      this._error = error as Error;
    }
  }

  /** How many are loaded without a gap. */
  private get _loaded(): number {
    const gap = this._runs.findIndex(run => run === undefined);
    return gap < 0 ? this._runs.length : gap;
  }

  /** Fetch what lacks in the place that is looked at, until nothing does. */
  private async _fill(): Promise<void> {
    let gap = this._gap();
    while (gap && !this._isLoading && !this.isDisposed) {
      const failed = !(await this._fetch(gap, false, false));
      const next = this._gap();
      if (failed || (next?.from === gap.from && next.to === gap.to)) {
        return;
      }
      gap = next;
    }
  }

  /** What lacks, with some more on either side: whoever scrolls goes on. */
  private _gap(): IRange | null {
    const end = this._totalIsExact ? this._total : Infinity;
    const to = Math.min(end, this._wanted.to);
    const columns = this.ask().columns ?? [];
    const lacks = (index: number) => {
      const run = this._runs[index];
      return !run || !Private.has(run, columns);
    };
    let first = this._wanted.from;
    while (first < to && !lacks(first)) {
      first += 1;
    }
    if (first >= to) {
      return null;
    }
    let last = to;
    while (!lacks(last - 1)) {
      last -= 1;
    }
    const around = Math.floor(this._pageSize / 4);
    return this._limited({
      from: this._runs[first] ? first : Math.max(0, first - around),
      to: Math.min(end, Math.max(last, first + this._pageSize))
    });
  }

  private _limited({ from, to }: IRange): IRange {
    return { from, to: Math.min(to, from + MOST) };
  }

  /** Fetch runs into their places; `anew` forgets all others. True when they came. */
  private async _fetch(
    range: IRange,
    anew: boolean,
    background: boolean
  ): Promise<boolean> {
    const ticket = (this._ticket += 1);
    const request = this.ask();
    let came = false;
    this._isLoading = true;
    try {
      const answer = await this.client.get('/runs', {
        query: {
          ...request,
          max_results: range.to - range.from,
          count: true,
          offset: range.from
        },
        background
      });
      if (ticket === this._ticket) {
        this._take(answer, request, anew);
        came = true;
      }
    } catch (error) {
      if (ticket === this._ticket) {
        this._error = error as Error;
      }
    }
    if (ticket === this._ticket) {
      this._isLoading = false;
      this._isReady = true;
      this.touch();
    }
    return came;
  }

  private _take(answer: RunPage, request: IRunsRequest, anew: boolean): void {
    const { offset, runs } = answer;
    const known = anew ? [] : this._runs;
    // A copy by slice keeps the gaps.
    this._runs = anew ? [] : this._runs.slice();
    runs.forEach((run, i) => {
      const place = offset + i;
      this._runs[place] = Private.join(known[place], run, request.columns);
    });
    this._total = answer.total;
    this._totalIsExact = answer.total_is_exact;
    this._error = null;
    this._forget();
    this.taken(runs, anew);
  }

  /** Let runs go that are far from what is looked at. */
  private _forget(): void {
    if (this._runs.length <= KEPT || Object.keys(this._runs).length <= KEPT) {
      return;
    }
    const { from, to } = this._wanted;
    const near: Run[] = [];
    this._runs.forEach((run, at) => {
      if (at > from - KEPT / 4 && at < to + KEPT / 4) {
        near[at] = run;
      }
    });
    this._runs = near;
  }

  /** Set the runs after some have come or gone. */
  private _set(runs: Run[]): void {
    const count = (all: Run[]) => all.reduce(sum => sum + 1, 0);
    this._total += count(runs) - count(this._runs);
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
    const request = this.ask(runIds);
    const page = await this.client.get('/runs', {
      query: { ...request, max_results: PATCH_LIMIT },
      background: true
    });
    if (ticket !== this._ticket) {
      return;
    }
    this.taken(page.runs, false);
    const fresh = new Map(page.runs.map(run => [run.run_id, run]));
    const gone = new Set(runIds.filter(runId => !fresh.has(runId)));
    const patched = Private.without(this._runs, gone).map(run => {
      const changed = fresh.get(run.run_id);
      fresh.delete(run.run_id);
      return changed ? Private.join(run, changed, request.columns) : run;
    });
    this._set(this.admit(patched, [...fresh.values()]));
    this._error = null;
  }

  private readonly _patch: Coalescer;
  private readonly _pending = new Set<string>();
  /** At their places, with gaps. */
  private _runs: Run[] = [];
  private _wanted: IRange;
  private _total = 0;
  private _totalIsExact = true;
  private _ticket = 0;
  private _isLoading = false;
  private _isReady = false;
  private _error: Error | null = null;
}

export namespace RunPages {
  /** What it is made from. */
  export interface IOptions {
    readonly client: MLOpsClient;
    readonly changes: ChangeStream;
  }
}

namespace Private {
  /** With which columns a run came; one that is not in here came with all. */
  const columnsOf = new WeakMap<Run, ReadonlySet<string>>();

  /** Whether a run came with these columns. */
  export function has(run: Run, columns: readonly string[]): boolean {
    const came = columnsOf.get(run);
    return !came || columns.every(column => came.has(column));
  }

  /** A fresh run, with what is known of it in other columns. */
  export function join(
    known: Run | undefined,
    fresh: Run,
    columns: readonly string[] | undefined
  ): Run {
    if (!columns) {
      return fresh;
    }
    const same = known?.run_id === fresh.run_id ? known : undefined;
    const joined: Run = {
      ...fresh,
      params: { ...same?.params, ...fresh.params },
      metrics: { ...same?.metrics, ...fresh.metrics }
    };
    const before = same && columnsOf.get(same);
    if (!same || before) {
      columnsOf.set(joined, new Set([...(before ?? []), ...columns]));
    }
    return joined;
  }

  /** Close the gaps that these leave; those that are not loaded keep their places. */
  export function without(
    runs: readonly Run[],
    runIds: ReadonlySet<string>
  ): Run[] {
    const left = runs.slice();
    for (let at = left.length - 1; at >= 0; at -= 1) {
      if (left[at] && runIds.has(left[at].run_id)) {
        left.splice(at, 1);
      }
    }
    return left;
  }
}
