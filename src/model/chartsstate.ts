import type { Range, XAxis } from '../charts/series';

/** What the user has chosen; it is kept with the layout, and travels in a link. */
export interface IChartsState {
  /** Empty: the newest runs, and those that come. */
  readonly runIds: readonly string[];
  readonly hidden: readonly string[];
  readonly axis: XAxis;
  /** Part of the axis that is shown. */
  readonly zoom: Range | null;
  readonly smoothing: number;
  readonly logX: boolean;
  readonly logY: boolean;
  /** A column such as `params.lr`; runs with the same value become one line. */
  readonly groupBy: string | null;
  /** Metrics whose curves are shown; null until chosen. */
  readonly metrics: readonly string[] | null;
  /** The metric that the charts of params explain; null: the one of most runs. */
  readonly target: string | null;
  /** Columns of the scatter plot; null where the chart chooses. */
  readonly scatter: Readonly<
    Record<'x' | 'y' | 'color' | 'size', string | null>
  >;
  /** Path of the table of predictions, and its columns. */
  readonly table: Readonly<
    Record<'path' | 'truth' | 'guess' | 'score', string | null>
  >;
}

export const DEFAULTS: IChartsState = {
  runIds: [],
  hidden: [],
  axis: 'step',
  zoom: null,
  smoothing: 0,
  logX: false,
  logY: false,
  groupBy: null,
  metrics: null,
  target: null,
  scatter: { x: null, y: null, color: null, size: null },
  table: { path: null, truth: null, guess: null, score: null }
};
