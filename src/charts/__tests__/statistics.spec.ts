import { describe, expect, it } from 'vitest';
import { makeRun } from '../../__tests__/fakes';
import { importances, ranks } from '../importance';
import {
  confusion,
  guessRoles,
  parseTable,
  precisionRecall,
  roc
} from '../predictions';

describe('importances', () => {
  const runs = Array.from({ length: 8 }, (_, i) =>
    makeRun({
      run_id: `r${i}`,
      params: {
        lr: String(10 ** -i),
        optimizer: i % 2 ? 'adam' : 'sgd',
        same: '1',
        noise: String([3, 1, 4, 1, 5, 9, 2, 6][i])
      },
      metrics: { loss: i + (i % 2) * 0.1 }
    })
  );

  it('ranks params by how the metric follows them, with the direction', () => {
    const found = importances(runs, 'loss');
    expect(found.map(({ id }) => id)[0]).toBe('params.lr');
    expect(found[0]).toMatchObject({ weight: 1, direction: -1, runs: 8 });
    expect(found.map(({ id }) => id)).not.toContain('params.same');
  });

  it('says nothing of words that each run has for itself', () => {
    const own = runs.map((run, i) => ({
      ...run,
      params: { name: `n${i}` }
    }));
    expect(importances(own, 'loss')).toMatchObject([{ weight: 0 }]);
  });

  it('says nothing of too few runs', () => {
    expect(importances(runs.slice(0, 3), 'loss')).toEqual([]);
  });

  it('gives equal values equal ranks', () => {
    expect(ranks([3, 1, 3, 2])).toEqual([2.5, 0, 2.5, 1]);
  });
});

describe('predictions', () => {
  const truth = [true, true, false, true, false];
  const scores = [0.9, 0.8, 0.7, 0.6, 0.1];

  it('finds columns by their names, and tables among files', () => {
    expect(guessRoles(['id', 'y_true', 'prediction', 'proba_1'])).toEqual({
      truth: 'y_true',
      guess: 'prediction',
      score: 'proba_1'
    });
    expect(parseTable('{"columns": ["a"], "data": [[1]]}')?.data).toEqual([
      [1]
    ]);
    expect(parseTable('{"a": 1}')).toBeNull();
    expect(parseTable('<html>')).toBeNull();
  });

  it('counts what was taken for what', () => {
    expect(confusion([1, 1, 0], [1, 0, 0])).toContainEqual({
      truth: '1',
      guess: '0',
      count: 1,
      part: 0.5
    });
  });

  // As sklearn.metrics.roc_auc_score and average_precision_score have them.
  it('has the areas that scikit-learn has', () => {
    expect(roc(truth, scores).area).toBeCloseTo(5 / 6);
    expect(precisionRecall(truth, scores).area).toBeCloseTo(0.916667);
    expect(roc([true, false], [0.5, 0.5]).area).toBe(0.5);
  });
});
