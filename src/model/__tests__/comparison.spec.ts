import { describe, expect, it } from 'vitest';
import type { CellPair, ValueRow } from '../../api/types';
import { countStates, foldPairs } from '../comparison';
import { linkedRuns, linkTo } from '../comparisonlink';

function pair(given: Partial<CellPair>): CellPair {
  return {
    kind: 'equal',
    moved: false,
    left: null,
    right: null,
    lines: [],
    outputs_differ: false,
    ...given
  };
}

describe('foldPairs', () => {
  it('gathers neighbours in which there is nothing to see', () => {
    const stretches = foldPairs([
      pair({}),
      pair({}),
      pair({ moved: true }),
      pair({ outputs_differ: true }),
      pair({})
    ]);
    expect(stretches.map(each => [each.same, each.pairs.length])).toEqual([
      [true, 2],
      [false, 2],
      [true, 1]
    ]);
  });
});

describe('countStates', () => {
  it('counts rows by what became of them in any run', () => {
    const row = (states: ValueRow['states']): ValueRow => ({
      key: '',
      values: [],
      differs: true,
      states,
      deltas: [],
      changes: [],
      judgements: []
    });
    const rows = [
      row(['equal', 'changed', 'removed']),
      row(['equal', 'added', 'equal']),
      row(['equal', 'equal', 'equal'])
    ];
    expect(countStates(rows)).toEqual([1, 1, 1]);
  });
});

describe('links', () => {
  const runIds = ['0123456789abcdef', 'fedcba9876543210'];

  it('open the same runs in the same order, and carry no token', () => {
    const link = linkTo(runIds, 'http://x/lab/tree/a.ipynb?token=secret#b');
    expect(link).toBe(
      `http://x/lab/tree/a.ipynb?mlops-compare=${runIds.join(',')}`
    );
    expect(linkedRuns(link)).toEqual(runIds);
  });

  it('that name no two runs open nothing', () => {
    expect(linkedRuns('http://x/lab')).toEqual([]);
    expect(linkedRuns(`http://x/lab?mlops-compare=${runIds[0]}`)).toEqual([]);
    expect(linkedRuns('http://x/lab?mlops-compare=<b>,../..')).toEqual([]);
  });
});
