import { describe, expect, it } from 'vitest';
import { FakeServer } from '../../__tests__/fakes';
import { Completer, quoteKey } from '../completions';

describe('Completer', () => {
  const item = (text: string, kind: string) => ({
    ...{ text, kind },
    detail: '',
    count: null
  });

  it('puts what the server offers into its place, and the cursor behind it', async () => {
    const server = new FakeServer().on('get', '/completions', () => ({
      start: 2,
      end: 5,
      items: [item('metrics.accuracy', 'field'), item("'svc'", 'value')]
    }));
    const completer = new Completer(server.client);
    await completer.look('😀 acc > 1', 6);
    expect(server.asked[0].query).toMatchObject({ cursor: 5 });
    expect(completer.choices[0]).toMatchObject({
      value: '😀 metrics.accuracy > 1',
      caret: '😀 metrics.accuracy'.length
    });
    expect(completer.choices[1].value).toBe("😀 'svc' > 1");
    completer.dispose();
  });

  it('offers nothing where the server does not answer', async () => {
    const completer = new Completer(new FakeServer().client);
    await completer.look('acc', 3);
    expect(completer.choices).toEqual([]);
    completer.dispose();
  });
});

it('writes keys so that a filter can read them', () => {
  expect(quoteKey('model.depth')).toBe('model.depth');
  expect(quoteKey('val loss')).toBe('`val loss`');
  expect(quoteKey('a`b')).toBe('"a`b"');
});
