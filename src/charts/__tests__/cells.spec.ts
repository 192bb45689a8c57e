import { describe, expect, it } from 'vitest';
import { curvesCell, toPython, withRunColors } from '../cells';
import { zoomByKey } from '../zoom';

describe('toPython', () => {
  it('writes what Python reads', () => {
    expect(toPython({ a: null, b: [true, 1.5], c: undefined })).toBe(
      '{"a": None, "b": [True, 1.5]}'
    );
  });

  it('lets no text become code', () => {
    const source = curvesCell(['a1'], '"); import os #\n', {
      axis: 'step',
      logX: false,
      logY: false
    });
    expect(source).toContain('metric = "\\"); import os #\\n"\n');
  });
});

describe('withRunColors', () => {
  it('gives runs colours where those of the screen are not known', () => {
    const spec = { encoding: { color: { field: 'own', scale: null } } };
    expect(withRunColors(spec).encoding).toEqual({
      color: { field: 'run', type: 'nominal' }
    });
    const chosen = { encoding: { color: { field: 'color', scale: {} } } };
    expect(withRunColors(chosen)).toBe(chosen);
  });
});

describe('zoomByKey', () => {
  it('zooms in, moves, and goes back to all', () => {
    expect(zoomByKey('+', null, [0, 50, 100])).toEqual([20, 80]);
    expect(zoomByKey('ArrowRight', [0, 10], [])).toEqual([2, 12]);
    expect(zoomByKey('ArrowRight', null, [0, 1])).toBeNull();
    expect(zoomByKey('0', [0, 10], [])).toBeNull();
    expect(zoomByKey('x', [0, 10], [])).toBeUndefined();
  });
});
