import { describe, expect, it } from 'vitest';
import type { CellSummary, Curve, Run } from '../../api/types';
import { followCards, progressOf } from '../progress';

const cell = (change: Partial<CellSummary>): CellSummary => ({
  cell_id: 'c',
  executions: 1,
  last_at: 0,
  run_count: 1,
  running: null,
  executing: null,
  key_metric: null,
  run_id: null,
  value: null,
  ...change
});

describe('followCards', () => {
  it('keeps a card until the cell is executed again', () => {
    const card = { executionId: 'e', runId: 'r' };
    let cards = followCards(new Map(), [cell({ running: 'r' })]);
    expect(cards.size).toBe(0);
    cards = followCards(cards, [cell({ running: 'r', executing: 'e' })]);
    expect(cards.get('c')).toEqual(card);
    cards = followCards(cards, [cell({})]);
    expect(cards.get('c')).toEqual(card);
    cards = followCards(cards, [cell({ executing: 'f' })]);
    expect(cards.size).toBe(0);
  });
});

describe('progressOf', () => {
  const run = (params: Record<string, string>) =>
    ({ status: 'RUNNING', params, tags: {} }) as unknown as Run;
  const curve = (steps: number[], count = steps.length) =>
    ({ steps, count, timestamps: steps.map(step => step * 100) }) as Curve;

  it('counts steps and says what is left', () => {
    const found = progressOf(run({ epochs: '20' }), [curve([0, 1, 2, 3, 4])]);
    expect(found).toMatchObject({ step: 5, total: 20, stepsPerSecond: 10 });
    expect(found?.left).toBe(1500);
  });

  it('takes a total that has been passed for one of something else', () => {
    const found = progressOf(run({ epochs: '3' }), [curve([10, 20, 30])]);
    expect(found).toMatchObject({ step: 30, total: null, left: null });
  });

  it('counts the points of a curve that is reduced', () => {
    const reduced = curve([0, 100, 200, 300], 400);
    expect(progressOf(run({}), [reduced])?.step).toBe(400);
    expect(progressOf(run({}), [])).toBeNull();
  });
});
