import { describe, expect, it } from 'vitest';
import { barsOf } from '../bars';

const numbers = (min: number, max: number, counts: number[]) => ({
  counts,
  min,
  max,
  values: []
});

describe('barsOf', () => {
  it('draws numbers of all runs on the same axes', () => {
    const [left, none, right] = barsOf([
      numbers(0, 10, [5, 5]),
      null,
      numbers(10, 20, [1, 3])
    ]);
    expect(none).toBeNull();
    expect(left).toEqual([
      { start: 0, width: 0.25, height: 0.5 / 0.75 },
      { start: 0.25, width: 0.25, height: 0.5 / 0.75 }
    ]);
    expect(right?.map(({ start }) => start)).toEqual([0.5, 0.75]);
    expect(right?.[1].height).toBe(1);
  });

  it('gives each value its place in all runs', () => {
    const [left, right] = barsOf([
      { counts: [3, 1], min: null, max: null, values: ['a', 'b'] },
      { counts: [4], min: null, max: null, values: ['b'] }
    ]);
    expect(left?.map(({ height }) => height)).toEqual([0.75, 0.25]);
    expect(right?.[0].start).toBe(left?.[1].start);
  });

  it('draws one value where it lies, and nothing of no rows', () => {
    expect(barsOf([numbers(7, 7, [3])])[0]).toEqual([
      { start: 0.5, width: 0.02, height: 1 }
    ]);
    expect(barsOf([numbers(0, 1, [0, 0])])[0]?.[0].height).toBe(0);
  });
});
