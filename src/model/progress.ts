import type { CellSummary, Curve, Run } from '../api/types';

/** Which run of which execution a card beside a cell shows. */
export interface ICard {
  readonly executionId: string;
  readonly runId: string;
}

/** How far a run has come. */
export interface IProgress {
  /** Steps that are done. */
  readonly step: number;
  readonly stepsPerSecond: number | null;
  /** Steps in all, where a param says so. */
  readonly total: number | null;
  /** Milliseconds that are left. */
  readonly left: number | null;
}

/** Params and tags that tell how many steps there will be; the finest first. */
const TOTALS = [
  'total_steps',
  'max_steps',
  'num_steps',
  'n_steps',
  'steps',
  'max_iter',
  'iterations',
  'n_iter',
  'num_boost_round',
  'n_estimators',
  'max_epochs',
  'num_train_epochs',
  'num_epochs',
  'n_epochs',
  'epochs'
];

/** Points that tell the speed: what happened long ago does not. */
const RECENT = 20;

/** Follow cells: a card appears while a cell executes in a run, and stays until it is executed again. */
export function followCards(
  known: ReadonlyMap<string, ICard>,
  cells: Iterable<CellSummary>
): Map<string, ICard> {
  const cards = new Map(known);
  for (const { cell_id, executing, running } of cells) {
    if (executing && running) {
      cards.set(cell_id, { executionId: executing, runId: running });
    } else if (executing && known.get(cell_id)?.executionId !== executing) {
      cards.delete(cell_id);
    }
  }
  return cards;
}

/** Read from its curves how far a run has come; null where it has none. */
export function progressOf(
  run: Run,
  curves: readonly Curve[]
): IProgress | null {
  const furthest = curves.reduce<Curve | null>(
    (best, curve) =>
      lastOf(curve) > (best ? lastOf(best) : -1) ? curve : best,
    null
  );
  if (!furthest) {
    return null;
  }
  const step = lastOf(furthest);
  const { steps, timestamps } = furthest;
  const from = Math.max(0, steps.length - RECENT);
  const time = timestamps[timestamps.length - 1] - timestamps[from];
  const stepsPerSecond = time > 0 ? ((step - steps[from]) / time) * 1000 : null;
  const done = doneOf(furthest);
  const total = totalOf(run, done);
  return {
    step: done,
    stepsPerSecond,
    total,
    left:
      total !== null && stepsPerSecond && run.status === 'RUNNING'
        ? ((total - done) / stepsPerSecond) * 1000
        : null
  };
}

/** A point for every step: as many are done. Else the last, as far as the curve tells it. */
function doneOf(curve: Curve): number {
  const { steps, count } = curve;
  const [step, bucket] = [lastOf(curve), Math.ceil(count / steps.length)];
  return count >= step && count <= step + 2 * bucket ? count : step;
}

function lastOf({ steps }: Curve): number {
  return steps[steps.length - 1] ?? -1;
}

function totalOf(run: Run, done: number): number | null {
  const key = TOTALS.find(each => each in run.params || each in run.tags);
  const total = key ? Number(run.params[key] ?? run.tags[key]) : NaN;
  // Fewer than there were already: it counts something else.
  return Number.isInteger(total) && total >= done ? total : null;
}
