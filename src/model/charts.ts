import type { MLOpsClient } from '../api/client';
import type { Artifact, Curve, MetricKey, Run } from '../api/types';
import type { Range } from '../charts/series';
import type { ChangeStream, IChanges } from './changes';
import { DEFAULTS, IChartsState } from './chartsstate';
import { cellText } from './columns';
import { Coalescer } from './coalesce';
import { ObservableModel } from './observable';

/** Runs in one set of charts: the server gives curves of no more at once. */
export const CHART_RUNS = 200;

/** Runs that are drawn when nobody has chosen any. */
const NEWEST = 20;

/** Charts of curves that are shown until the user has chosen others. */
const FEW_CURVES = 8;

/** Which curves are asked for. */
export interface ICurvesRequest {
  readonly runIds: readonly string[];
  readonly key: string;
  readonly pixels: number;
  readonly steps?: Range;
}

/** Runs to be drawn, and what the user has chosen about it; live. */
export class ChartsModel extends ObservableModel {
  constructor(options: ChartsModel.IOptions) {
    super();
    this._client = options.client;
    this._state = { ...DEFAULTS, ...options.state };
    this._refresh = new Coalescer(() => this._fetch());
    options.changes.changed.connect(this._onChanged, this);
    options.changes.reconnected.connect(this.refresh, this);
    void this.refresh();
  }

  get state(): IChartsState {
    return this._state;
  }

  /** In the order in which they were selected; null before the first answer. */
  get runs(): readonly Run[] | null {
    return this._runs;
  }

  /** Those that are not hidden. */
  get shown(): readonly Run[] {
    const hidden = new Set(this._state.hidden);
    return (this._runs ?? []).filter(run => !hidden.has(run.run_id));
  }

  get error(): string | null {
    return this._error;
  }

  /** Metrics of the runs, those of most runs first. */
  get keys(): readonly MetricKey[] {
    return this._keys;
  }

  /** Metrics that were logged more than once. */
  get series(): readonly string[] {
    return this._keys.filter(key => key.most_points > 1).map(key => key.key);
  }

  /** Metrics whose curves are shown: the runs' key metrics first. */
  get curves(): readonly string[] {
    const known = new Set(this.series);
    return (
      this._state.metrics?.filter(key => known.has(key)) ??
      this._ranked.filter(key => known.has(key)).slice(0, FEW_CURVES)
    );
  }

  /** The metric that charts of params explain. */
  get target(): string | null {
    return this._state.target ?? this._ranked[0] ?? null;
  }

  /** Which line style a run has; it keeps it while the charts are open. */
  style(runId: string): number {
    const known = this._styles.get(runId);
    if (known !== undefined) {
      return known;
    }
    this._styles.set(runId, this._styles.size);
    return this._styles.size - 1;
  }

  /** What a run is grouped by; null where each is drawn for itself. */
  groupOf(run: Run): string | null {
    const { groupBy } = this._state;
    return groupBy === null ? null : cellText(run, groupBy) || '–';
  }

  /** How often a run has changed since the charts were opened. */
  version(runId: string): number {
    return this._versions.get(runId) ?? 0;
  }

  set(change: Partial<IChartsState>): void {
    this._state = { ...this._state, ...change };
    this.touch();
  }

  toggleRun(runId: string): void {
    const { hidden } = this._state;
    this.set({
      hidden: hidden.includes(runId)
        ? hidden.filter(each => each !== runId)
        : [...hidden, runId]
    });
  }

  toggleCurve(key: string): void {
    const shown = this.curves;
    this.set({
      metrics: shown.includes(key)
        ? shown.filter(each => each !== key)
        : [...shown, key]
    });
  }

  refresh(): Promise<void> {
    this._stale = true;
    return this._refresh.request();
  }

  /** Curves, as the server reduces them; a run without this metric is left out. */
  fetchCurves(request: ICurvesRequest): Promise<Curve[]> {
    const { runIds, key, pixels, steps } = request;
    return this._client.get('/curves', {
      query: {
        run_id: [...runIds],
        key: [key],
        pixels,
        start_step: steps?.[0],
        end_step: steps?.[1]
      },
      background: true
    });
  }

  /** Files of a run. */
  artifacts(runId: string): Promise<Artifact[]> {
    return this._client.get('/runs/{run_id}/artifacts', {
      path: { run_id: runId },
      background: true
    });
  }

  /** The text of a file of a run. */
  async text(runId: string, path: string): Promise<string> {
    const blob = await this._client.blob('/runs/{run_id}/artifacts/{path}', {
      path: { run_id: runId, path },
      background: true
    });
    return blob.text();
  }

  /** Key metrics first, then those of most runs. */
  private get _ranked(): readonly string[] {
    const best = (this._runs ?? []).flatMap(run => run.key_metric ?? []);
    return [...new Set([...best, ...this._keys.map(({ key }) => key)])];
  }

  private async _fetch(): Promise<void> {
    if (this.isDisposed) {
      return;
    }
    const changed = [...this._pending];
    this._pending.clear();
    try {
      const all = this._stale || this._follows;
      this._stale = false;
      const runs = await this._fetchRuns(all ? this._state.runIds : changed);
      this._runs = all ? runs : Private.replace(this._runs ?? [], runs);
      this._keys = await this._fetchKeys();
      this._error = null;
    } catch (error) {
      this._error = (error as Error).message;
    }
    changed.forEach(runId =>
      this._versions.set(runId, this.version(runId) + 1)
    );
    this.touch();
  }

  private async _fetchRuns(runIds: readonly string[]): Promise<Run[]> {
    const page = await this._client.get('/runs', {
      query: {
        filter: Private.anyOf(runIds),
        max_results: this._follows ? NEWEST : CHART_RUNS
      },
      background: true
    });
    const order = new Map(this._state.runIds.map((runId, i) => [runId, i]));
    const place = (run: Run) => order.get(run.run_id) ?? -run.start_time;
    return [...page.runs].sort((a, b) => place(a) - place(b));
  }

  private async _fetchKeys(): Promise<readonly MetricKey[]> {
    const runIds = (this._runs ?? []).map(run => run.run_id);
    return runIds.length === 0
      ? []
      : this._client.get('/metrics', {
          query: { run_id: runIds },
          background: true
        });
  }

  /** Whether the newest runs are shown, whichever these are. */
  private get _follows(): boolean {
    return this._state.runIds.length === 0;
  }

  private _onChanged(_: unknown, changes: IChanges): void {
    const { runIds } = this._state;
    const mine = this._follows
      ? changes.runs
      : changes.runs.filter(runId => runIds.includes(runId));
    if (mine.length > 0) {
      mine.forEach(runId => this._pending.add(runId));
      void this._refresh.request();
    }
  }

  private readonly _client: MLOpsClient;
  private readonly _refresh: Coalescer;
  private readonly _pending = new Set<string>();
  private readonly _styles = new Map<string, number>();
  private readonly _versions = new Map<string, number>();
  private _state: IChartsState;
  private _stale = true;
  private _runs: readonly Run[] | null = null;
  private _keys: readonly MetricKey[] = [];
  private _error: string | null = null;
}

export namespace ChartsModel {
  /** What charts are made from. */
  export interface IOptions {
    readonly client: MLOpsClient;
    readonly changes: ChangeStream;
    readonly state?: Partial<IChartsState>;
  }
}

namespace Private {
  export function anyOf(runIds: readonly string[]): string {
    const quoted = runIds.map(runId => `'${runId}'`).join(', ');
    return runIds.length > 0 ? `attributes.run_id IN (${quoted})` : '';
  }

  export function replace(known: readonly Run[], fresh: readonly Run[]): Run[] {
    const byId = new Map(fresh.map(run => [run.run_id, run]));
    return known.map(run => byId.get(run.run_id) ?? run);
  }
}
