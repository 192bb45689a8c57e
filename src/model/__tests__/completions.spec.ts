import { describe, expect, it } from 'vitest';
import { makeRun } from '../../__tests__/fakes';
import { completions } from '../completions';

const runs = [
  makeRun({
    run_id: 'a',
    metrics: { accuracy: 0.9, 'train/loss': 1 },
    params: { C: '1' },
    tags: { baseline: '', 'mlflow.user': 'x' }
  })
];

describe('completions', () => {
  it('finds a key by its name or by its whole path', () => {
    expect(completions('acc', runs)).toEqual(['metrics.accuracy ']);
    expect(completions('metrics.', runs)).toEqual([
      'metrics.`train/loss` ',
      'metrics.accuracy '
    ]);
  });

  it('completes the last word of a longer filter', () => {
    expect(completions('metrics.accuracy > 0.5 AND params.', runs)).toEqual([
      'metrics.accuracy > 0.5 AND params.C '
    ]);
  });

  it('leaves values to the user, but knows those of the status', () => {
    expect(completions('metrics.accuracy > 0', runs)).toEqual([]);
    expect(completions('attributes.status = F', runs)).toEqual([
      "attributes.status = 'FINISHED'",
      "attributes.status = 'FAILED'"
    ]);
  });
});
