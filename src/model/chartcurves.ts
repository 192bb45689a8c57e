import type { Curve, Run } from '../api/types';
import { Range, refine, stepsWithin } from '../charts/series';
import type { ChartsModel } from './charts';
import { Coalescer } from './coalesce';
import { ObservableModel } from './observable';

/** Pixels are asked for in such portions, so that a small change of the width fetches nothing. */
const PORTION = 200;

/** The curves of one metric in one chart: whole ones, and finer ones of what is zoomed into. */
export class ChartCurves extends ObservableModel {
  constructor(
    private readonly _charts: ChartsModel,
    readonly key: string
  ) {
    super();
    this._refresh = new Coalescer(() => this._fetch());
    _charts.stateChanged.connect(this.refresh, this);
  }

  /** Whether there has been an answer. */
  get isReady(): boolean {
    return this._isReady;
  }

  get error(): string | null {
    return this._error;
  }

  /** The curve of a run, as fine as it is known; undefined where the run has none. */
  curve(runId: string): Curve | undefined {
    const whole = this._whole.get(runId)?.curve;
    return whole && refine(whole, this._fine.get(runId)?.curve);
  }

  /** Say how wide the chart is. */
  setWidth(width: number): void {
    const pixels = Math.max(1, Math.ceil(width / PORTION)) * PORTION;
    if (pixels !== this._pixels) {
      this._pixels = pixels;
      void this.refresh();
    }
  }

  async refresh(): Promise<void> {
    if (this._pixels > 0) {
      await this._refresh.request();
    }
  }

  override dispose(): void {
    this._charts.stateChanged.disconnect(this.refresh, this);
    super.dispose();
  }

  private async _fetch(): Promise<void> {
    if (this.isDisposed) {
      return;
    }
    try {
      const fetched =
        (await this._fetchWhole()) + (await this._fetchFine()) > 0;
      if (!fetched && this._isReady && this._error === null) {
        return;
      }
      this._error = null;
    } catch (error) {
      this._error = (error as Error).message;
    }
    this._isReady = true;
    this.touch();
  }

  /** Fetch whole curves of those runs that have changed; return how many. */
  private async _fetchWhole(): Promise<number> {
    const wanted = this._charts.shown
      .filter(run => this.key in run.metrics)
      .filter(run => this._whole.get(run.run_id)?.mark !== this._mark(run));
    await this._ask(wanted, undefined, this._whole, run => this._mark(run));
    return wanted.length;
  }

  /** Fetch the part that is zoomed into, of those curves that are not whole to the last point. */
  private async _fetchFine(): Promise<number> {
    const { zoom } = this._charts.state;
    if (!zoom) {
      const known = this._fine.size;
      this._fine.clear();
      return known;
    }
    const mark = (run: Run) => `${this._mark(run)} ${zoom.join()}`;
    const wanted = this._charts.shown.filter(
      run =>
        this._isReduced(run.run_id) &&
        this._fine.get(run.run_id)?.mark !== mark(run)
    );
    const windows = Private.byWindow(wanted, run => this._steps(run, zoom));
    await Promise.all(
      windows.map(({ steps, runs }) => this._ask(runs, steps, this._fine, mark))
    );
    return wanted.length;
  }

  private async _ask(
    runs: readonly Run[],
    steps: Range | undefined,
    into: Map<string, IKnown>,
    mark: (run: Run) => string
  ): Promise<void> {
    if (runs.length === 0) {
      return;
    }
    // What changes while the answer is on its way is fetched again.
    const marks = new Map(runs.map(run => [run.run_id, mark(run)]));
    const curves = await this._charts.fetchCurves({
      runIds: runs.map(run => run.run_id),
      key: this.key,
      pixels: this._pixels,
      steps
    });
    for (const curve of curves) {
      into.set(curve.run_id, { curve, mark: marks.get(curve.run_id) ?? '' });
    }
  }

  private _steps(run: Run, zoom: Range): Range {
    const { axis } = this._charts.state;
    const whole = this._whole.get(run.run_id)!.curve;
    return axis === 'step'
      ? [Math.floor(zoom[0]), Math.ceil(zoom[1])]
      : stepsWithin(whole, axis, zoom);
  }

  private _isReduced(runId: string): boolean {
    const whole = this._whole.get(runId)?.curve;
    return whole !== undefined && whole.count > whole.steps.length;
  }

  private _mark(run: Run): string {
    return `${this._charts.version(run.run_id)} ${this._pixels}`;
  }

  private readonly _refresh: Coalescer;
  private readonly _whole = new Map<string, IKnown>();
  private readonly _fine = new Map<string, IKnown>();
  private _pixels = 0;
  private _isReady = false;
  private _error: string | null = null;
}

/** A curve, and of which state of the run it is. */
interface IKnown {
  readonly curve: Curve;
  readonly mark: string;
}

namespace Private {
  /** Runs that need the same steps come in one answer. */
  export function byWindow(
    runs: readonly Run[],
    stepsOf: (run: Run) => Range
  ): { steps: Range; runs: Run[] }[] {
    const found = new Map<string, { steps: Range; runs: Run[] }>();
    for (const run of runs) {
      const steps = stepsOf(run);
      const entry = found.get(steps.join()) ?? { steps, runs: [] };
      entry.runs.push(run);
      found.set(steps.join(), entry);
    }
    return [...found.values()];
  }
}
