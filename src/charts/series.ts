import type { Curve } from '../api/types';

/** What a curve is drawn over. */
export type XAxis = 'step' | 'wall' | 'relative';

/** A value; null is NaN, and undefined is where a curve has no point of its own. */
export type Cell = number | null | undefined;

/** Where the chart begins and ends, both included. */
export type Range = readonly [number, number];

/** One line of a chart, over the common axis. */
export interface ILine {
  readonly name: string;
  /** Number of its line style. */
  readonly style: number;
  readonly y: readonly Cell[];
  /** The band: lowest and highest of what a point stands for; null where that is one value. */
  readonly band: { low: readonly Cell[]; high: readonly Cell[] } | null;
  /** What was smoothed. */
  readonly raw?: readonly Cell[];
}

/** Lines over one axis. */
export interface ILines {
  readonly xs: readonly number[];
  readonly lines: readonly ILine[];
}

/** A curve to be drawn. */
export interface ISource {
  readonly curve: Curve;
  readonly name: string;
  readonly style: number;
  /** Lines of the same group become one; null: a line of its own. */
  readonly group: string | null;
}

/** How curves become lines. */
export interface ILineOptions {
  readonly axis: XAxis;
  /** Columns of pixels; of more points, those in one column become one. */
  readonly columns: number;
  readonly range?: Range | null;
  readonly logX?: boolean;
  /** 0 is none, 1 would be a flat line. */
  readonly smoothing?: number;
}

interface IColumns {
  readonly y: Cell[];
  readonly low: Cell[];
  readonly high: Cell[];
}

/** The axis of a curve: steps, or seconds. */
export function axisOf(curve: Curve, axis: XAxis): readonly number[] {
  if (axis === 'step') {
    return curve.steps;
  }
  const start = axis === 'relative' ? (curve.timestamps[0] ?? 0) : 0;
  return curve.timestamps.map(time => (time - start) / 1000);
}

/** Put curves over a common axis, with at most about `columns` points; join groups; smooth. */
export function makeLines(
  sources: readonly ISource[],
  options: ILineOptions
): ILines {
  const axes = sources.map(({ curve }) => axisOf(curve, options.axis));
  const grid = Private.makeGrid(axes, options);
  const columns = sources.map(({ curve }, i) =>
    Private.place(curve, axes[i], grid)
  );
  const lines = Private.groups(sources).map(({ name, style, members }) => {
    const joined =
      name === null
        ? columns[members[0]]
        : Private.average(members.map(i => columns[i]));
    return Private.finish(joined, {
      name: name ?? sources[members[0]].name,
      style,
      smoothing: options.smoothing ?? 0
    });
  });
  return { xs: grid.xs, lines };
}

/**
 * Exponential moving average, as TensorBoard has it: without the pull towards zero at the begin.
 * Values that are no numbers are left out.
 */
export function smooth(values: readonly Cell[], weight: number): Cell[] {
  let last = 0;
  let mass = 0;
  return values.map(value => {
    if (value === null || value === undefined) {
      return value;
    }
    last = last * weight + value * (1 - weight);
    mass = mass * weight + (1 - weight);
    return last / mass;
  });
}

/** Steps of a curve that lie in a part of the axis, with a neighbour on each side. */
export function stepsWithin(curve: Curve, axis: XAxis, range: Range): Range {
  const xs = axisOf(curve, axis);
  const first = xs.findIndex(x => x >= range[0]);
  const from = first < 0 ? xs.length - 1 : Math.max(0, first - 1);
  const behind = xs.findIndex(x => x > range[1]);
  const to = behind < 0 ? xs.length - 1 : behind;
  const last = to === xs.length - 1 ? Number.MAX_SAFE_INTEGER : curve.steps[to];
  return [curve.steps[from] ?? 0, last];
}

/** A curve with a part of it replaced by a finer one. */
export function refine(curve: Curve, fine: Curve | undefined): Curve {
  if (!fine || fine.steps.length === 0) {
    return curve;
  }
  const [start, end] = [fine.steps[0], fine.steps[fine.steps.length - 1]];
  const before = curve.steps.filter(step => step < start).length;
  const behind = curve.steps.findIndex(step => step > end);
  const splice = <T>(coarse: readonly T[], part: readonly T[]): T[] => [
    ...coarse.slice(0, before),
    ...part,
    ...(behind < 0 ? [] : coarse.slice(behind))
  ];
  return {
    ...curve,
    steps: splice(curve.steps, fine.steps),
    timestamps: splice(curve.timestamps, fine.timestamps),
    values: splice(curve.values, fine.values),
    mins: splice(curve.mins, fine.mins),
    maxs: splice(curve.maxs, fine.maxs)
  };
}

namespace Private {
  interface IGrid {
    readonly xs: readonly number[];
    /** Where on the grid a point belongs; negative: nowhere. */
    readonly find: (x: number) => number;
  }

  /** All the points' places; or, of too many, as many as the chart is wide. */
  export function makeGrid(
    axes: readonly (readonly number[])[],
    options: ILineOptions
  ): IGrid {
    const { range, logX, columns } = options;
    const isShown = (x: number) =>
      (!logX || x > 0) && (!range || (x >= range[0] && x <= range[1]));
    const places = new Set<number>();
    axes.forEach(axis => withNeighbours(axis, isShown, x => places.add(x)));
    const xs = [...places].sort((a, b) => a - b);
    if (xs.length <= 2 * columns) {
      const index = new Map(xs.map((x, i) => [x, i]));
      return { xs, find: x => index.get(x) ?? -1 };
    }
    return makeBins(xs[0], xs[xs.length - 1], options);
  }

  /** What is shown, and the points just outside, to which lines lead. */
  function withNeighbours(
    axis: readonly number[],
    isShown: (x: number) => boolean,
    add: (x: number) => void
  ): void {
    axis.forEach((x, i) => {
      const near =
        isShown(x) ||
        (i > 0 && isShown(axis[i - 1])) ||
        (i + 1 < axis.length && isShown(axis[i + 1]));
      if (near) {
        add(x);
      }
    });
  }

  function makeBins(
    first: number,
    last: number,
    { columns, logX }: ILineOptions
  ): IGrid {
    const to = logX ? Math.log : (x: number) => x;
    const from = logX ? Math.exp : (x: number) => x;
    const [start, end] = [to(first), to(last)];
    const width = (end - start) / columns;
    return {
      xs: Array.from({ length: columns }, (_, i) =>
        from(start + (i + 0.5) * width)
      ),
      find: x => {
        const place = Math.floor((to(x) - start) / width);
        return place === columns ? columns - 1 : place > columns ? -1 : place;
      }
    };
  }

  /** Put a curve on the grid: means, and the lowest and highest of what falls together. */
  export function place(
    curve: Curve,
    axis: readonly number[],
    { xs, find }: IGrid
  ): IColumns {
    const empty = () => new Array<Cell>(xs.length).fill(undefined);
    const columns = { y: empty(), low: empty(), high: empty() };
    const counts = new Array<number>(xs.length).fill(0);
    axis.forEach((x, i) => {
      const at = find(x);
      if (at >= 0) {
        add(columns, counts, at, curve, i);
      }
    });
    return columns;
  }

  function add(
    { y, low, high }: IColumns,
    counts: number[],
    at: number,
    curve: Curve,
    i: number
  ): void {
    const value = curve.values[i];
    if (value === null) {
      y[at] ??= null;
      return;
    }
    const lowest = curve.mins[i] ?? value;
    const highest = curve.maxs[i] ?? value;
    counts[at] += 1;
    y[at] = (y[at] ?? 0) + (value - (y[at] ?? 0)) / counts[at];
    low[at] = Math.min(low[at] ?? lowest, lowest);
    high[at] = Math.max(high[at] ?? highest, highest);
  }

  interface IGroup {
    readonly name: string | null;
    readonly style: number;
    readonly members: readonly number[];
  }

  export function groups(sources: readonly ISource[]): IGroup[] {
    const found = new Map<string, number[]>();
    const single: IGroup[] = [];
    sources.forEach(({ group, style }, i) => {
      if (group === null) {
        single.push({ name: null, style, members: [i] });
      } else {
        found.set(group, [...(found.get(group) ?? []), i]);
      }
    });
    const joined = [...found].sort().map(([name, members]) => ({
      name,
      style: sources[members[0]].style,
      members
    }));
    return [...single, ...joined];
  }

  /** Mean of several curves, and the lowest and the highest of them as a band. */
  export function average(members: readonly IColumns[]): IColumns {
    const filled = members.map(({ y }) => interpolate(y));
    const at = (pick: (values: number[]) => number) =>
      filled[0].map((_, i) => {
        const values = filled
          .map(y => y[i])
          .filter((value): value is number => typeof value === 'number');
        return values.length > 0 ? pick(values) : undefined;
      });
    return {
      y: at(values => values.reduce((a, b) => a + b) / values.length),
      low: at(values => Math.min(...values)),
      high: at(values => Math.max(...values))
    };
  }

  /** Fill what lies between two points of a curve. */
  function interpolate(values: readonly Cell[]): Cell[] {
    const filled = [...values];
    let last = -1;
    values.forEach((value, i) => {
      if (typeof value === 'number') {
        const before = values[last];
        for (let k = last + 1; last >= 0 && k < i; k++) {
          const part = (k - last) / (i - last);
          filled[k] = (before as number) * (1 - part) + value * part;
        }
        last = i;
      }
    });
    return filled;
  }

  export function finish(
    { y, low, high }: IColumns,
    line: { name: string; style: number; smoothing: number }
  ): ILine {
    const { name, style, smoothing } = line;
    const isBand = y.some((value, i) => low[i] !== value || high[i] !== value);
    const band = isBand && low.some(isNumber) ? { low, high } : null;
    return smoothing > 0
      ? { name, style, band, y: smooth(y, smoothing), raw: y }
      : { name, style, band, y };
  }

  function isNumber(value: Cell): boolean {
    return typeof value === 'number';
  }
}
