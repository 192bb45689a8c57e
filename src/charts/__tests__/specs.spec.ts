import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, it } from 'vitest';
import { makeRun } from '../../__tests__/fakes';
import { parallelSpec } from '../specs';

describe('parallelSpec', () => {
  it('has no axis for a param that no drawn run has', () => {
    const looks = {
      runs: [
        makeRun({ run_id: 'a', params: { lr: '0.1' }, metrics: { loss: 1 } }),
        makeRun({ run_id: 'b', params: { lr: '0.2' }, metrics: { loss: 2 } }),
        makeRun({ run_id: 'c', params: { depth: '3' }, metrics: {} })
      ],
      color: () => 'red',
      width: 400,
      trans: nullTranslator.load('jupyterlab_mlops')
    };
    const drawn = JSON.stringify(
      parallelSpec(looks, ['params.depth', 'params.lr'], 'loss')
    );
    expect(drawn).not.toContain('Infinity');
    expect(drawn).not.toContain('depth');
    expect(drawn).toContain('lr');
  });
});
