import type { Run } from '../api/types';
import { fieldType, FieldValue, fieldValue, varyingParams } from './fields';

/** How much a param moves a metric, as far as the runs show it. */
export interface IImportance {
  /** Column of the param. */
  readonly id: string;
  /** 0: the metric does not follow it; 1: it follows it alone. */
  readonly weight: number;
  /** Whether the metric rises or falls with it; 0 where the param is no number. */
  readonly direction: -1 | 0 | 1;
  /** Runs that have both. */
  readonly runs: number;
}

/** With fewer runs chance says more than the params. */
export const LEAST_RUNS = 4;

/**
 * Params by their weight on a metric.
 *
 * For numbers it is Spearman's rank correlation without its sign, for words the root of epsilon
 * squared (Kelley 1935) of the metric's ranks: the part of their variance that the words explain,
 * less what as many arbitrary words would. Both look at one param at a time.
 */
export function importances(
  runs: readonly Run[],
  metric: string
): IImportance[] {
  const having = runs.filter(run => typeof run.metrics[metric] === 'number');
  return varyingParams(having)
    .map(id => weigh(having, metric, id))
    .filter(each => each !== null)
    .sort((a, b) => b.weight - a.weight);
}

function weigh(
  runs: readonly Run[],
  metric: string,
  id: string
): IImportance | null {
  const both = runs.filter(run => fieldValue(run, id) !== null);
  if (both.length < LEAST_RUNS) {
    return null;
  }
  const target = ranks(both.map(run => run.metrics[metric] as number));
  const values = both.map(run => fieldValue(run, id));
  if (fieldType(both, id) === 'quantitative') {
    const rho = correlation(ranks(values as number[]), target);
    const direction = Math.sign(rho) as -1 | 0 | 1;
    return { id, weight: Math.abs(rho), direction, runs: both.length };
  }
  return {
    id,
    weight: explained(values, target),
    direction: 0,
    runs: both.length
  };
}

/** Places in the order; equal values share the mean of theirs. */
export function ranks(values: readonly number[]): number[] {
  const sorted = [...values].sort((a, b) => a - b);
  const first = new Map<number, number>();
  const count = new Map<number, number>();
  sorted.forEach((value, i) => {
    first.set(value, first.get(value) ?? i);
    count.set(value, (count.get(value) ?? 0) + 1);
  });
  return values.map(value => first.get(value)! + (count.get(value)! - 1) / 2);
}

function correlation(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)];
  const product = a.reduce(
    (sum, x, i) => sum + (x - meanA) * (b[i] - meanB),
    0
  );
  const size = Math.sqrt(variation(a) * variation(b));
  return size === 0 ? 0 : product / size;
}

/** Root of epsilon squared. */
function explained(groups: readonly FieldValue[], target: number[]): number {
  const members = new Map<FieldValue, number[]>();
  groups.forEach((group, i) =>
    members.set(group, [...(members.get(group) ?? []), target[i]])
  );
  const total = variation(target);
  const free = target.length - members.size;
  if (total === 0 || free === 0) {
    return 0;
  }
  const within = [...members.values()].reduce(
    (sum, each) => sum + variation(each),
    0
  );
  const chance = ((members.size - 1) * within) / free;
  return Math.sqrt(Math.max(0, (total - within - chance) / total));
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** Sum of the squared distances from the mean. */
function variation(values: readonly number[]): number {
  const middle = mean(values);
  return values.reduce((sum, value) => sum + (value - middle) ** 2, 0);
}
