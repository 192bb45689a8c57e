import { describe, expect, it } from 'vitest';
import { Coalescer } from '../coalesce';

describe('Coalescer', () => {
  it('answers many requests with one more run, which began after the last of them', async () => {
    let state = 0;
    const seen: number[] = [];
    const coalescer = new Coalescer(async () => {
      seen.push(state);
      await Promise.resolve();
    });
    const first = coalescer.request();
    for (state = 1; state < 10; state++) {
      void coalescer.request();
    }
    await first;
    expect(seen).toEqual([0, 10]);
  });

  it('works again after a failure', async () => {
    let fail = true;
    const coalescer = new Coalescer(() =>
      fail ? Promise.reject(new Error('no')) : Promise.resolve()
    );
    await expect(coalescer.request()).rejects.toThrow('no');
    fail = false;
    await expect(coalescer.request()).resolves.toBeUndefined();
  });
});
