import type { PartialJSONObject, PartialJSONValue } from '@lumino/coreutils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Run } from '../api/types';
import { columnTitle } from '../components/table/titles';
import { parseColumn } from '../model/columns';
import { formatNumber } from '../model/format';
import { fieldType, fieldValue, isWide, runLabels } from './fields';
import type { IImportance } from './importance';
import { lineColors, SERIES, themeColor } from './palette';
import { makeSpec, Spec } from './vega';

/** Runs with what a chart needs to know about how they look. */
export interface ILooks {
  readonly runs: readonly Run[];
  /** Colour of a run. */
  readonly color: (run: Run) => string;
  readonly width: number;
  readonly trans: TranslationBundle;
}

/** Height of a bar with its gap. */
const BAR = 22;

const HEIGHT = 260;

/** Its brightest part is seen on white, its darkest on black. */
const RAMP = { name: 'viridis', extent: [0.15, 0.88] };

/** Last values of a metric, the largest on top. */
export function barSpec(looks: ILooks, metric: string): Spec {
  const { runs, trans, width } = looks;
  const labels = runLabels(runs);
  const rows = runs
    .filter(run => typeof run.metrics[metric] === 'number')
    .map(run => ({
      run: labels.get(run.run_id)!,
      value: run.metrics[metric],
      color: looks.color(run)
    }));
  return makeSpec(rows, {
    ...size(width, rows.length * BAR + 40),
    mark: { type: 'bar', tooltip: true },
    encoding: {
      y: { field: 'run', type: 'nominal', sort: '-x', title: null },
      x: { field: 'value', type: 'quantitative', title: metric },
      // The colours of the runs, as in their curves.
      color: { field: 'color', type: 'nominal', scale: null },
      tooltip: tips({ run: trans.__('Run'), value: trans.__('Value') })
    }
  });
}

/** Columns of a scatter plot. */
export interface IScatter {
  readonly x: string;
  readonly y: string;
  readonly color: string | null;
  readonly size: string | null;
}

/** Runs by two columns, with a third as colour and a fourth as size. */
export function scatterSpec(looks: ILooks, columns: IScatter): Spec {
  const { runs, trans, width } = looks;
  const { x, y, color, size: area } = columns;
  const labels = runLabels(runs);
  const rows = runs.map(run => ({
    run: labels.get(run.run_id)!,
    own: looks.color(run),
    x: fieldValue(run, x),
    y: fieldValue(run, y),
    ...(color ? { color: fieldValue(run, color) } : {}),
    ...(area ? { size: fieldValue(run, area) } : {})
  }));
  const shown = rows.filter(row => row.x !== null && row.y !== null);
  const channel = (field: string, id: string) => ({
    field,
    type: fieldType(runs, id),
    title: columnTitle(id, trans),
    ...scaleOf(runs, id)
  });
  return makeSpec(shown, {
    ...size(width, HEIGHT),
    mark: { type: 'point', filled: true, size: 70, opacity: 0.85 },
    encoding: {
      x: channel('x', x),
      y: channel('y', y),
      color: color
        ? { ...channel('color', color), ...colorScale(runs, color) }
        : { field: 'own', type: 'nominal', scale: null },
      ...(area ? { size: { ...channel('size', area), scale: {} } } : {}),
      tooltip: [
        { field: 'run', title: trans.__('Run') },
        ...Object.entries({ x, y, color, size: area }).flatMap(([field, id]) =>
          id ? [{ field, title: tipTitle(id) }] : []
        )
      ]
    }
  });
}

/** A line for each run through its params to the metric that they led to. */
export function parallelSpec(
  looks: ILooks,
  params: readonly string[],
  metric: string
): Spec {
  const { runs, trans, width } = looks;
  const target = `metrics.${metric}`;
  const having = runs.filter(run => typeof run.metrics[metric] === 'number');
  const labels = runLabels(having);
  const ids = [
    ...params.filter(id => having.some(run => fieldValue(run, id) !== null)),
    target
  ];
  const axes = ids.map((id, place) => parallelAxis(having, id, `${place}`));
  // Names are values, too: in an expression they could mean something.
  const heads = ids.map((id, place) => ({
    axis: `${place}`,
    y: 1.12,
    text: columnTitle(id, trans)
  }));
  const lines = axes.flatMap(({ axis, at }) =>
    having.map((run, i) => ({
      axis,
      run: labels.get(run.run_id)!,
      y: at(run),
      value: shownValue(fieldValue(run, ids[Number(axis)])),
      metric: run.metrics[metric],
      order: i
    }))
  );
  const x = {
    field: 'axis',
    type: 'nominal',
    title: null,
    scale: { padding: 0.4 },
    axis: null
  };
  return makeSpec(lines, {
    ...size(width, HEIGHT),
    encoding: { x },
    layer: [
      {
        data: { values: heads.map(({ axis }) => ({ axis, y: 0, to: 1 })) },
        mark: {
          type: 'rule',
          opacity: 0.5,
          color: themeColor('--jp-border-color1')
        },
        encoding: { y: axisY(), y2: { field: 'to' } }
      },
      {
        mark: { type: 'line', opacity: 0.75, strokeWidth: 1.5, tooltip: true },
        encoding: {
          y: axisY(),
          detail: { field: 'run', type: 'nominal' },
          color: {
            field: 'metric',
            type: 'quantitative',
            title: metric,
            scale: { scheme: RAMP }
          },
          tooltip: tips({ run: trans.__('Run'), metric: trans.__('Result') })
        }
      },
      {
        mark: { type: 'point', filled: true, size: 40, opacity: 0.9 },
        encoding: {
          y: axisY(),
          color: { field: 'metric', type: 'quantitative' },
          tooltip: tips({ run: trans.__('Run'), value: trans.__('Value') })
        }
      },
      {
        data: { values: axes.flatMap(({ ticks }) => ticks) },
        mark: { type: 'text', align: 'left', dx: 5, fontSize: 10 },
        encoding: { y: axisY(), text: { field: 'text', type: 'nominal' } }
      },
      {
        data: { values: heads },
        mark: {
          type: 'text',
          fontWeight: 500,
          limit: (width - 80) / axes.length
        },
        encoding: { y: axisY(), text: { field: 'text', type: 'nominal' } }
      }
    ]
  });
}

/** What the params weigh, the heaviest on top. */
export function importanceSpec(
  rows: readonly IImportance[],
  width: number,
  trans: TranslationBundle
): Spec {
  const words = new Map([
    [1, trans.__('more raises it')],
    [-1, trans.__('more lowers it')],
    [0, trans.__('by its value')]
  ]);
  const values = rows.map(({ id, weight, direction, runs }) => ({
    param: parseColumn(id).key,
    weight,
    direction: words.get(direction)!,
    runs
  }));
  return makeSpec(values, {
    ...size(width, rows.length * BAR + 60),
    mark: { type: 'bar', tooltip: true },
    encoding: {
      y: { field: 'param', type: 'nominal', sort: '-x', title: null },
      x: {
        field: 'weight',
        type: 'quantitative',
        title: trans.__('Importance'),
        scale: { domain: [0, 1] }
      },
      color: {
        field: 'direction',
        type: 'nominal',
        title: null,
        legend: { orient: 'top' },
        scale: { domain: [...words.values()], range: lineColors(SERIES) }
      },
      tooltip: tips({
        param: trans.__('Param'),
        weight: trans.__('Importance'),
        direction: trans.__('Direction'),
        runs: trans.__('Runs')
      })
    }
  });
}

/** Width and height in which everything has to fit. */
export function size(width: number, height: number): PartialJSONObject {
  return {
    width,
    height,
    autosize: { type: 'fit', contains: 'padding' }
  };
}

/** Fields under titles of ours: a title of a user's choice could mean something to the tooltip. */
export function tips(
  titles: Readonly<Record<string, string>>
): PartialJSONValue {
  return Object.entries(titles).map(([field, title]) => ({ field, title }));
}

function tipTitle(id: string): string {
  return `${id.replace('.', ': ')}`;
}

function axisY(): PartialJSONObject {
  return {
    field: 'y',
    type: 'quantitative',
    axis: null,
    scale: { domain: [-0.04, 1.18], nice: false }
  };
}

function scaleOf(runs: readonly Run[], id: string): PartialJSONObject {
  const values = runs.map(run => fieldValue(run, id));
  const type = fieldType(runs, id);
  if (type !== 'quantitative') {
    return {};
  }
  return { scale: isWide(values) ? { type: 'log' } : { zero: false } };
}

function colorScale(runs: readonly Run[], id: string): PartialJSONObject {
  return fieldType(runs, id) === 'nominal'
    ? { scale: { range: lineColors(SERIES) } }
    : { scale: { ...(scaleOf(runs, id).scale as object), scheme: RAMP } };
}

interface IParallelAxis {
  readonly axis: string;
  readonly at: (run: Run) => number | null;
  readonly ticks: { axis: string; y: number; text: string }[];
}

/** Where the runs cross an axis: between its lowest and its highest value, or at its words. */
function parallelAxis(
  runs: readonly Run[],
  id: string,
  axis: string
): IParallelAxis {
  const values = runs.map(run => fieldValue(run, id));
  if (fieldType(runs, id) !== 'quantitative') {
    const words = [...new Set(values.map(shownValue))].sort();
    const y = (word: string) =>
      words.length < 2 ? 0.5 : words.indexOf(word) / (words.length - 1);
    return {
      axis,
      at: run => y(shownValue(fieldValue(run, id))),
      ticks: words.map(text => ({ axis, y: y(text), text }))
    };
  }
  const numbers = values.filter(value => typeof value === 'number');
  const to = isWide(values) ? Math.log : (value: number) => value;
  const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
  const range = to(high) - to(low) || 1;
  return {
    axis,
    at: run => {
      const value = fieldValue(run, id);
      return typeof value === 'number' ? (to(value) - to(low)) / range : null;
    },
    ticks: [
      { axis, y: 0, text: shownValue(low) },
      { axis, y: 1, text: shownValue(high) }
    ]
  };
}

function shownValue(value: number | string | null): string {
  return typeof value === 'number' ? formatNumber(value) : (value ?? '–');
}
