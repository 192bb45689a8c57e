import { describe, expect, it } from 'vitest';
import { lineStyle } from '../palette';
import { sparkPoints } from '../sparkline';

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
