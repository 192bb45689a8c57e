import { describe, expect, it } from 'vitest';
import { makeRun } from '../../__tests__/fakes';
import {
  isFilter,
  mergeRuns,
  placeOfSearch,
  toggleFacet,
  toRequest
} from '../query';

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
      filter: '',
      roots: true
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
    expect(filter).toBe("metrics.a > 1 AND run_id IN ('x', 'y')");
  });
});

describe('facets', () => {
  const request = (facets: ReturnType<typeof toggleFacet>) =>
    toRequest({ search: 'svc', experiment: null, facets });

  it('ask for one of the chosen values of each column', () => {
    const stages = toggleFacet([], 'tags.stage', 'old');
    const both = toggleFacet(stages, 'tags.stage', "it's new");
    const all = toggleFacet(both, 'status', 'FAILED');
    expect(request(all).filter).toBe(
      "tags.stage IN ('old', 'it''s new') AND status IN ('FAILED')"
    );
    expect(request(toggleFacet(stages, 'tags.stage', 'old')).filter).toBe('');
  });

  it('ask for runs without a value, too', () => {
    const none = toggleFacet([], 'tags.stage', null);
    expect(request(none).filter).toBe('tags.stage IS NULL');
    expect(request(toggleFacet(none, 'tags.stage', 'x')).filter).toBe(
      "tags.stage IN ('x') OR tags.stage IS NULL"
    );
  });

  it('narrow a filter as a whole, and leave it its place', () => {
    const query = {
      search: "params.a = '1' OR metrics.b > 2",
      experiment: null,
      facets: [{ column: 'user_id', values: ['ann', null] }]
    };
    expect(toRequest(query).filter).toBe(
      "(params.a = '1' OR metrics.b > 2) AND (user_id IN ('ann') OR user_id IS NULL)"
    );
    expect(placeOfSearch(query)).toBe(1);
    expect(placeOfSearch({ ...query, facets: [] })).toBe(0);
  });
});

describe('mergeRuns', () => {
  const old = makeRun({ run_id: 'old', start_time: 1 });
  const young = makeRun({ run_id: 'young', start_time: 3 });

  it('puts a new run where its start time says', () => {
    const between = makeRun({ run_id: 'between', start_time: 2 });
    const merged = mergeRuns([young, old], [between]);
    expect(merged.map(run => run.run_id)).toEqual(['young', 'between', 'old']);
  });

  it('replaces a known run in place', () => {
    const ended = { ...old, status: 'FAILED' as const };
    expect(mergeRuns([young, old], [ended])).toEqual([young, ended]);
  });
});
