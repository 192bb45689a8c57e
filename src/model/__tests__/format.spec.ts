import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import {
  formatAgo,
  formatDelta,
  formatDuration,
  formatNumber,
  formatPercent,
  formatSize,
  formatTag,
  numberParts,
  parseTag,
  visibleTags
} from '../format';

const trans = nullTranslator.load('');

describe('formatNumber', () => {
  it.each([
    [0.9473684, '0.9474'],
    [97.36842, '97.37'],
    [12345.678, '12346'],
    [100, '100'],
    [-0.5, '-0.5'],
    [0, '0'],
    [0.00012345, '1.23e-4'],
    [1.5e9, '1.50e9'],
    [null, '–'],
    [undefined, '–']
  ])('writes %s as %s', (value, text) => {
    expect(formatNumber(value)).toBe(text);
  });

  it('is cut where a column is aligned', () => {
    expect(numberParts(0.9471234)).toEqual({
      text: '0.9471',
      title: '0.9471234',
      room: 0
    });
    expect(numberParts(0.5).room).toBe(3);
    expect(numberParts(12).room).toBe(4.5);
    expect(numberParts(null)).toEqual({ text: '–', title: '', room: 4.5 });
  });
});

describe('changes', () => {
  it('carry their sign, so that colour is not needed', () => {
    expect(formatDelta(0.026)).toBe('+0.026');
    expect(formatDelta(-0.001)).toBe('−0.001');
    expect(formatPercent(0.028)).toBe('+2.8%');
    expect(formatPercent(-1.5)).toBe('−150%');
  });
});

describe('formatDuration', () => {
  it.each([
    [12, '12 ms'],
    [1234, '1.2 s'],
    [12_400, '12 s'],
    [185_000, '3 min 5 s'],
    [7_500_000, '2 h 5 min'],
    [90_000_000, '1 d 1 h']
  ])('writes %i ms as %s', (milliseconds, text) => {
    expect(formatDuration(milliseconds, trans)).toBe(text);
  });
});

describe('formatAgo', () => {
  const now = Date.UTC(2026, 10, 24);
  it.each([
    [-5000, 'now'],
    [900, 'now'],
    [59_000, '59s ago'],
    [119_000, '1m ago'],
    [7_300_000, '2h ago'],
    [86_400_000, 'yesterday'],
    [400 * 86_400_000, 'last yr.']
  ])('writes %i ms as %s', (ago, text) => {
    expect(formatAgo(now - ago, now)).toBe(text);
  });
});

describe('formatSize', () => {
  it.each([
    [12, '12 B'],
    [1500, '1.5 kB'],
    [2_000_000, '2.0 MB'],
    [150_000_000, '150 MB']
  ])('writes %i as %s', (bytes, text) => {
    expect(formatSize(bytes)).toBe(text);
  });
});

describe('tags', () => {
  it('are read as people write them', () => {
    expect(parseTag('baseline')).toEqual({ key: 'baseline', value: '' });
    expect(parseTag(' team = red ')).toEqual({ key: 'team', value: 'red' });
    expect(parseTag('url=http://a=b')).toEqual({
      key: 'url',
      value: 'http://a=b'
    });
    expect(parseTag('  ')).toBeNull();
  });

  it('show a value only where it says something', () => {
    expect(formatTag('baseline', '')).toBe('baseline');
    expect(formatTag('baseline', 'true')).toBe('baseline');
    expect(formatTag('team', 'red')).toBe('team: red');
  });

  it('leave out those that are not for people', () => {
    expect(
      visibleTags({ 'mlflow.user': 'x', 'mlops.source': 'y', a: 'b' })
    ).toEqual([['a', 'b']]);
  });
});
