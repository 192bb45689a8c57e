import { describe, expect, it } from 'vitest';
import { makeCurve } from '../../__tests__/fakes';
import { ISource, makeLines, refine, smooth, stepsWithin } from '../series';

function source(
  steps: number[],
  values: number[],
  more: Partial<ISource> = {}
): ISource {
  const curve = makeCurve({
    steps,
    values,
    timestamps: steps.map(step => 5000 + step * 1000),
    mins: values,
    maxs: values
  });
  return { curve, name: 'a', style: 0, group: null, ...more };
}

describe('makeLines', () => {
  it('puts curves of different steps over one axis', () => {
    const { xs, lines } = makeLines(
      [source([0, 2], [1, 2]), source([1, 2], [3, 4])],
      { axis: 'step', columns: 100 }
    );
    expect(xs).toEqual([0, 1, 2]);
    expect(lines.map(({ y }) => y)).toEqual([
      [1, undefined, 2],
      [undefined, 3, 4]
    ]);
    expect(lines[0].band).toBeNull();
  });

  it('keeps the lowest and the highest of what falls into one column of pixels', () => {
    const steps = Array.from({ length: 1000 }, (_, i) => i);
    const values = steps.map(step =>
      step === 500 ? 99 : step === 501 ? -7 : 1
    );
    const { xs, lines } = makeLines([source(steps, values)], {
      axis: 'step',
      columns: 10
    });
    expect(xs).toHaveLength(10);
    expect(Math.max(...(lines[0].band?.high as number[]))).toBe(99);
    expect(Math.min(...(lines[0].band?.low as number[]))).toBe(-7);
    expect(lines[0].y.every(value => Math.abs((value ?? 0) - 1) < 2)).toBe(
      true
    );
  });

  it('counts time from the first point of each run', () => {
    const { xs } = makeLines([source([0, 2], [1, 2])], {
      axis: 'relative',
      columns: 10
    });
    expect(xs).toEqual([0, 2]);
  });

  it('makes one line of a group, with the band that its runs fill', () => {
    const { lines } = makeLines(
      [
        source([0, 2], [0, 2], { group: 'adam' }),
        source([0, 1, 2], [2, 3, 4], { group: 'adam', style: 1 }),
        source([0], [9], { group: 'sgd', style: 2 })
      ],
      { axis: 'step', columns: 10 }
    );
    expect(lines.map(({ name }) => name)).toEqual(['adam', 'sgd']);
    expect(lines[0].y).toEqual([1, 2, 3]);
    expect(lines[0].band).toEqual({ low: [0, 1, 2], high: [2, 3, 4] });
  });

  it('leaves out what has no logarithm, and what is out of view but for one neighbour', () => {
    const all = source([0, 1, 2, 3, 4], [5, 6, 7, 8, 9]);
    const { xs } = makeLines([all], {
      axis: 'step',
      columns: 10,
      logX: true,
      range: [3, 4]
    });
    expect(xs).toEqual([2, 3, 4]);
  });
});

describe('smooth', () => {
  it('begins with the first value, and leaves gaps as they are', () => {
    const smoothed = smooth([1, null, undefined, 2], 0.5);
    expect(smoothed.slice(0, 3)).toEqual([1, null, undefined]);
    expect(smoothed[3]).toBeCloseTo(5 / 3);
  });
});

describe('a part of a curve', () => {
  const { curve } = source([0, 10, 20, 30], [1, 2, 3, 4]);

  it('is asked for with the points beside it', () => {
    expect(stepsWithin(curve, 'relative', [12, 18])).toEqual([10, 20]);
    expect(stepsWithin(curve, 'relative', [12, 90])[1]).toBe(
      Number.MAX_SAFE_INTEGER
    );
  });

  it('takes the place of the coarse one', () => {
    const { curve: fine } = source([10, 15, 20], [2, 9, 3]);
    expect(refine(curve, fine).values).toEqual([1, 2, 9, 3, 4]);
  });
});
