import { Signal } from '@lumino/signaling';
import type { ServiceManager } from '@jupyterlab/services';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CHANGED_SCHEMA, ChangeStream, IChanges } from '../changes';

/** A server's event stream that can be cut. */
class FakeServices {
  readonly connectionFailure = new Signal<this, Error>(this);
  readonly stream = new Signal<this, object>(this);
  connected = true;
  pings = 0;

  readonly ticked = new Signal<this, { phase: string }>(this);

  readonly events = {
    _poll: { ticked: this.ticked },
    stream: this.stream,
    emit: (event: { schema_id: string; data: object }): Promise<void> => {
      this.pings += 1;
      if (this.connected) {
        this.stream.emit({ schema_id: event.schema_id, ...event.data });
      }
      return Promise.resolve();
    }
  };

  say(event: object): void {
    this.stream.emit({ schema_id: CHANGED_SCHEMA, ...event });
  }
}

describe('ChangeStream', () => {
  let services: FakeServices;
  let changes: ChangeStream;
  let heard: IChanges[];
  let reconnections: number;

  beforeEach(() => {
    vi.useFakeTimers();
    services = new FakeServices();
    changes = new ChangeStream(services as unknown as ServiceManager.IManager);
    heard = [];
    reconnections = 0;
    changes.changed.connect((_, each) => heard.push(each));
    changes.reconnected.connect(() => (reconnections += 1));
  });

  afterEach(() => {
    changes.dispose();
    vi.useRealTimers();
  });

  it('hears its own schema only', () => {
    services.say({ runs: ['a'] });
    services.stream.emit({ schema_id: 'https://example.org/v1', runs: ['b'] });
    expect(heard.map(each => each.runs)).toEqual([['a']]);
  });

  it('says once that it was away, when the stream is whole again', async () => {
    services.connected = false;
    services.connectionFailure.emit(new Error('gone'));
    await vi.advanceTimersByTimeAsync(5000);
    expect(services.pings).toBeGreaterThan(0);
    expect(reconnections).toBe(0);

    services.connected = true;
    await vi.advanceTimersByTimeAsync(31_000);
    expect(reconnections).toBe(1);
    expect(heard).toEqual([]);

    const pings = services.pings;
    await vi.advanceTimersByTimeAsync(120_000);
    expect(services.pings).toBe(pings);
  });

  it('notices that the stream was cut although nothing else failed', async () => {
    services.ticked.emit({ phase: 'started' });
    await vi.advanceTimersByTimeAsync(5000);
    expect(services.pings).toBe(0);
    services.ticked.emit({ phase: 'rejected' });
    await vi.advanceTimersByTimeAsync(5000);
    expect(reconnections).toBe(1);
  });

  it('asks nothing while nothing has gone wrong', async () => {
    await vi.advanceTimersByTimeAsync(600_000);
    expect(services.pings).toBe(0);
  });
});
