import { describe, expect, it, vi } from 'vitest';
import { makeCurve } from '../../__tests__/fakes';
import { lineStyle } from '../palette';
import { sparkPoints } from '../sparkline';

// uPlot asks for it when it is loaded; jsdom has none.
vi.stubGlobal('matchMedia', () => ({ addEventListener: () => undefined }));
const { joinCurves } = await import('../uplot');

describe('joinCurves', () => {
  it('puts curves of different steps over one axis', () => {
    const curves = [
      makeCurve({ steps: [0, 2], values: [1, 2] }),
      makeCurve({ steps: [1, 2], values: [3, 4] })
    ];
    expect(joinCurves(curves)).toEqual([
      [0, 1, 2],
      [1, undefined, 2],
      [undefined, 3, 4]
    ]);
  });
});

describe('sparkPoints', () => {
  it('uses the whole height, also for a flat curve', () => {
    expect(sparkPoints([0, 1])).toBe('2.0,14.0 42.0,2.0');
    expect(sparkPoints([5, 5])).toBe('2.0,14.0 42.0,14.0');
  });

  it('leaves out what is no number', () => {
    expect(sparkPoints([0, null, 1])).toBe('2.0,14.0 42.0,2.0');
  });
});

describe('lineStyle', () => {
  it('tells twenty runs apart, and neighbours without colour', () => {
    const styles = Array.from({ length: 20 }, (_, i) => lineStyle(i));
    expect(new Set(styles.map(style => JSON.stringify(style))).size).toBe(20);
    styles.slice(1).forEach((style, i) => {
      expect(style.dash).not.toEqual(styles[i].dash);
    });
  });
});
