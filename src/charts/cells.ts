import type { PartialJSONObject, PartialJSONValue } from '@lumino/coreutils';
import type { XAxis } from './series';
import type { Spec } from './vega';

/** Points of a curve that a cell draws: it takes every n-th of more. */
const POINTS = 1000;

/** Words of the cell, which speaks the language of its user's code. */
const AXIS_TITLES: Readonly<Record<XAxis, string>> = {
  step: 'step',
  wall: 'time',
  relative: 'seconds'
};

/** Source of a cell that draws curves of a metric from the record. */
export function curvesCell(
  runIds: readonly string[],
  metric: string,
  options: { axis: XAxis; logX: boolean; logY: boolean }
): string {
  const { axis, logX, logY } = options;
  const x = {
    step: 'point.step',
    wall: 'point.timestamp',
    relative: '(point.timestamp - history[0].timestamp) / 1000'
  }[axis];
  const spec = {
    width: 600,
    height: 300,
    mark: 'line',
    encoding: {
      x: {
        field: 'x',
        type: axis === 'wall' ? 'temporal' : 'quantitative',
        title: AXIS_TITLES[axis],
        scale: logX ? { type: 'log' } : {}
      },
      y: {
        field: 'y',
        type: 'quantitative',
        title: metric,
        scale: logY ? { type: 'log' } : { zero: false }
      },
      color: { field: 'run', type: 'nominal' }
    }
  };
  return `${head(runIds)}
metric = ${toPython(metric)}

rows = []
for run in runs:
    if metric in run.data.metrics:
        history = mlops.get_metric_history(run.info.run_id, metric)
        every = max(1, len(history) // ${POINTS})
        rows += [
            {"run": run.info.run_name, "x": ${x}, "y": point.value}
            for point in history[::every]
        ]
${tail(spec)}`;
}

/** Source of a cell that draws one mark for each run, from its params and last metrics. */
export function runsCell(
  runIds: readonly string[],
  columns: Readonly<Record<string, string>>,
  spec: Spec
): string {
  const fields = Object.entries(columns).map(
    ([field, id]) => `        ${toPython(field)}: ${valueOf(id)},`
  );
  return `${head(runIds)}

def number(text):
    try:
        return float(text)
    except (TypeError, ValueError):
        return text


rows = [
    {
        "run": run.info.run_name,
${fields.join('\n')}
    }
    for run in runs
]
${tail(spec)}`;
}

/** The chart with a colour for each run, where the record has no colours to give. */
export function withRunColors(spec: Spec): Spec {
  const encoding = spec.encoding as Record<string, PartialJSONObject>;
  const { color } = encoding;
  const own = color?.scale === null;
  return own
    ? {
        ...spec,
        encoding: { ...encoding, color: { field: 'run', type: 'nominal' } }
      }
    : spec;
}

/** Source of a cell that draws what the chart shows now, with its values. */
export function valuesCell(spec: Spec): string {
  const { data, ...rest } = spec;
  const rows = (data as { values: PartialJSONValue }).values;
  return `from IPython.display import display

rows = ${toPython(rows)}
${tail(rest)}`;
}

function head(runIds: readonly string[]): string {
  const ids = runIds.map(runId => `'${runId}'`).join(', ');
  return `import jupyterlab_mlops as mlops
from IPython.display import display

runs = mlops.search_runs(
    filter_string=${toPython(`attributes.run_id IN (${ids})`)},
    search_all_experiments=True,
    output_format="list",
)`;
}

function tail(spec: PartialJSONObject): string {
  return `spec = ${toPython({ ...spec, data: { values: [] } })}
spec["data"]["values"] = rows
display({"application/vnd.vegalite.v5+json": spec, "text/plain": "Chart"}, raw=True)`;
}

function valueOf(id: string): string {
  const dot = id.indexOf('.');
  const [kind, key] = [id.slice(0, dot), toPython(id.slice(dot + 1))];
  switch (`${kind} ${id.slice(dot + 1)}`) {
    case 'attributes start_time':
      return 'run.info.start_time';
    case 'attributes duration':
      return '((run.info.end_time or run.info.start_time) - run.info.start_time) / 1000';
    case 'attributes experiment':
      return 'run.info.experiment_name';
  }
  return kind === 'metrics'
    ? `run.data.metrics.get(${key})`
    : `number(run.data.${kind}.get(${key}))`;
}

/** A value as Python writes it. What JSON says of a text, Python understands. */
export function toPython(value: PartialJSONValue): string {
  if (value === null) {
    return 'None';
  }
  if (typeof value === 'boolean') {
    return value ? 'True' : 'False';
  }
  if (Array.isArray(value)) {
    return `[${value.map(toPython).join(', ')}]`;
  }
  if (typeof value === 'object') {
    const entries = Object.entries(value)
      .filter(([, each]) => each !== undefined)
      .map(
        ([key, each]) =>
          `${toPython(key)}: ${toPython(each as PartialJSONValue)}`
      );
    return `{${entries.join(', ')}}`;
  }
  return JSON.stringify(value);
}
