import type { Distribution } from '../api/types';

/** A bar in a square of 1 by 1, whose lower edge is the axis. */
export interface IBar {
  readonly start: number;
  readonly width: number;
  readonly height: number;
}

/** Room between the bars of categories. */
const GAP = 0.15;

/** Bars of one column in several runs, with the same axes for all of them. */
export function barsOf(
  columns: readonly (Distribution | null)[]
): (IBar[] | null)[] {
  const known = columns.filter(column => column !== null);
  const most = Math.max(0, ...known.flatMap(shares));
  const places = known.some(column => column.values.length > 0)
    ? placesOfValues(known)
    : placesOfNumbers(known);
  return columns.map(
    column =>
      column &&
      shares(column).map((share, index) => ({
        ...places(column, index),
        height: most > 0 ? share / most : 0
      }))
  );
}

type Places = (
  column: Distribution,
  index: number
) => { start: number; width: number };

/** Data of different sizes are compared by the part that lies in each bin. */
function shares({ counts }: Distribution): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map(count => (total > 0 ? count / total : 0));
}

function placesOfValues(known: readonly Distribution[]): Places {
  const values = [...new Set(known.flatMap(column => column.values))];
  const width = (1 - GAP) / values.length;
  return (column, index) => ({
    start: values.indexOf(column.values[index]) / values.length,
    width
  });
}

function placesOfNumbers(known: readonly Distribution[]): Places {
  const ends = known.flatMap(({ min, max }) => [min ?? 0, max ?? 0]);
  const least = Math.min(...ends);
  const span = Math.max(...ends) - least;
  return ({ counts, min, max }, index) => {
    const own = (max ?? 0) - (min ?? 0);
    // One value is a line that can be seen.
    const width = own > 0 ? own / span / counts.length : 0.02;
    const first = span > 0 ? ((min ?? 0) - least) / span : 0.5;
    return { start: Math.min(first + index * width, 1 - width), width };
  };
}
