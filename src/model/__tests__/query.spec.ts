import { describe, expect, it } from 'vitest';
import { makeRun } from '../../__tests__/fakes';
import { isFilter, mergeRuns, toRequest } from '../query';

describe('isFilter', () => {
  it.each([
    'metrics.accuracy > 0.9',
    "params.C = '1.0'",
    "status='FAILED'",
    "tags.`my tag` LIKE '%x%'",
    "attributes.run_id IN ('a', 'b')",
    'tags.baseline IS NOT NULL',
    'metrics."train/loss" <= 1 AND params.lr = \'0.1\''
  ])('takes %s for a filter', search => {
    expect(isFilter(search)).toBe(true);
  });

  it.each(['', 'iris', 'calm-otter-12', 'svc with rbf', 'in the morning'])(
    'takes "%s" for words',
    search => {
      expect(isFilter(search)).toBe(false);
    }
  );
});

describe('toRequest', () => {
  it('asks for runs that are nobody’s child while nothing is searched', () => {
    expect(toRequest({ search: ' ', experiment: null })).toEqual({
      filter: 'attributes.parent_run_id IS NULL',
      text: undefined,
      experiment: undefined
    });
  });

  it('finds children, too, when words are searched', () => {
    expect(toRequest({ search: 'svc', experiment: 'iris' })).toEqual({
      filter: '',
      text: 'svc',
      experiment: ['iris']
    });
  });

  it('narrows a filter to the runs that changed', () => {
    const { filter } = toRequest(
      { search: 'metrics.a > 1', experiment: null },
      ['x', 'y']
    );
    expect(filter).toBe("metrics.a > 1 AND attributes.run_id IN ('x', 'y')");
  });
});

describe('mergeRuns', () => {
  const old = makeRun({ run_id: 'old', start_time: 1 });
  const young = makeRun({ run_id: 'young', start_time: 3 });

  it('puts a new run where its start time says', () => {
    const between = makeRun({ run_id: 'between', start_time: 2 });
    const merged = mergeRuns([young, old], [between], new Set());
    expect(merged.map(run => run.run_id)).toEqual(['young', 'between', 'old']);
  });

  it('replaces a known run in place, and drops what no longer matches', () => {
    const ended = { ...old, status: 'FAILED' as const };
    const merged = mergeRuns([young, old], [ended], new Set(['young']));
    expect(merged).toEqual([ended]);
  });
});
