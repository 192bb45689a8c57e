import type { Run } from '../api/types';
import {
  cellText,
  countColumns,
  parseColumn,
  sortColumns
} from '../model/columns';

/** What a chart places a run by. */
export type FieldValue = number | string | null;

/** How Vega-Lite places values. */
export type FieldType = 'quantitative' | 'nominal' | 'temporal';

const START = 'attributes.start_time';
const DURATION = 'attributes.duration';

/** The number that a column has for this run; text where it is none. */
export function fieldValue(run: Run, id: string): FieldValue {
  if (id === START) {
    return run.start_time;
  }
  if (id === DURATION) {
    return run.end_time ? (run.end_time - run.start_time) / 1000 : null;
  }
  const { kind, key } = parseColumn(id);
  if (kind === 'metrics') {
    return run.metrics[key] ?? null;
  }
  const text = cellText(run, id);
  return text === '' ? null : asNumber(text);
}

/** `0.1` and `1e-3` are numbers; `None` and `adam` are not. */
function asNumber(text: string): FieldValue {
  const number = Number(text);
  return text.trim() !== '' && Number.isFinite(number) ? number : text;
}

/** How a column is placed: as numbers where all of its values are numbers. */
export function fieldType(runs: readonly Run[], id: string): FieldType {
  if (id === START) {
    return 'temporal';
  }
  const values = runs.map(run => fieldValue(run, id));
  return values.every(value => value === null || typeof value === 'number')
    ? 'quantitative'
    : 'nominal';
}

/** Whether a logarithmic scale shows more: positive, and over two orders of magnitude. */
export function isWide(values: readonly FieldValue[]): boolean {
  const numbers = values.filter(value => typeof value === 'number');
  const low = Math.min(...numbers);
  return numbers.length > 2 && low > 0 && Math.max(...numbers) / low >= 100;
}

/** The columns that runs can be placed by. */
export function fields(runs: readonly Run[]): string[] {
  const known = sortColumns(
    [...countColumns(runs)].filter(([, count]) => count > 0).map(([id]) => id)
  );
  return [...known, 'attributes.experiment', START, DURATION];
}

/** Params whose values are not the same in all runs. */
export function varyingParams(runs: readonly Run[]): string[] {
  return sortColumns(countColumns(runs).keys()).filter(
    id =>
      id.startsWith('params.') &&
      new Set(runs.map(run => cellText(run, id))).size > 1
  );
}

/** Names of the runs; those of the same name are told apart by their ids. */
export function runLabels(runs: readonly Run[]): ReadonlyMap<string, string> {
  const counts = new Map<string, number>();
  runs.forEach(({ name }) => counts.set(name, (counts.get(name) ?? 0) + 1));
  return new Map(
    runs.map(({ run_id, name }) => [
      run_id,
      (counts.get(name) ?? 0) > 1 ? `${name} ${run_id.slice(0, 6)}` : name
    ])
  );
}
