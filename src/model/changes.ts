import type { Event, ServiceManager } from '@jupyterlab/services';
import type { IDisposable } from '@lumino/disposable';
import { Poll } from '@lumino/polling';
import { ISignal, Signal } from '@lumino/signaling';

/** Schema of the event that says what changed. */
export const CHANGED_SCHEMA = 'https://events.jupyterlab-mlops.org/changed/v1';

/** Ids of what changed; the data is fetched by those who show it. */
export interface IChanges {
  readonly runs: readonly string[];
  readonly executions: readonly string[];
  readonly sessions: readonly string[];
  readonly models: readonly string[];
  readonly pushes: readonly number[];
  readonly imports: readonly string[];
  readonly status: boolean;
}

const NOTHING = {
  runs: [] as string[],
  executions: [] as string[],
  sessions: [] as string[],
  models: [] as string[],
  pushes: [] as number[],
  imports: [] as string[],
  status: false
};

/**
 * What changed on the server, from the event stream that the application keeps open anyhow.
 *
 * The stream neither replays nor says that it was cut. After every sign of a lost connection an
 * empty event is sent through the server until it comes back: then the stream is whole
 * again, and whoever shows something must fetch it anew.
 */
export class ChangeStream implements IDisposable {
  constructor(services: ServiceManager.IManager) {
    this._events = services.events;
    this._events.stream.connect(this._onEvent, this);
    services.connectionFailure.connect(this.probe, this);
    Private.cuts(services.events)?.connect(this._onTick, this);
    window.addEventListener('online', this._onWake);
    document.addEventListener('visibilitychange', this._onWake);
    this._probe = new Poll({
      name: 'jupyterlab-mlops:probe',
      auto: false,
      factory: () => this._ping(),
      frequency: { interval: 1000, backoff: true, max: 30000 },
      standby: () => !this._lost
    });
  }

  /** Emitted when something changed. */
  get changed(): ISignal<this, IChanges> {
    return this._changed;
  }

  /** Emitted when changes may have been missed. */
  get reconnected(): ISignal<this, void> {
    return this._reconnected;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  /** Prove that the stream is alive; used wherever a connection may have been lost. */
  probe(): void {
    if (!this._lost && !this._isDisposed) {
      this._lost = true;
      void this._probe.start();
    }
  }

  dispose(): void {
    if (this._isDisposed) {
      return;
    }
    this._isDisposed = true;
    window.removeEventListener('online', this._onWake);
    document.removeEventListener('visibilitychange', this._onWake);
    this._probe.dispose();
    Signal.clearData(this);
  }

  private _onEvent(_: unknown, emission: Event.Emission): void {
    if (emission.schema_id !== CHANGED_SCHEMA) {
      return;
    }
    if (this._lost) {
      this._lost = false;
      void this._probe.stop();
      this._reconnected.emit();
    }
    const changes: IChanges = {
      ...NOTHING,
      ...(emission as Partial<IChanges>)
    };
    if (Private.says(changes)) {
      this._changed.emit(changes);
    }
  }

  private _onTick(_: unknown, state: { phase: string }): void {
    if (state.phase === 'rejected') {
      this.probe();
    }
  }

  private async _ping(): Promise<void> {
    await this._events.emit({
      schema_id: CHANGED_SCHEMA,
      version: '1',
      data: { ...NOTHING }
    });
  }

  private readonly _onWake = (): void => {
    if (document.visibilityState === 'visible') {
      this.probe();
    }
  };

  private readonly _events: Event.IManager;
  private readonly _probe: Poll;
  private _lost = false;
  private _isDisposed = false;
  private readonly _changed = new Signal<this, IChanges>(this);
  private readonly _reconnected = new Signal<this, void>(this);
}

namespace Private {
  /**
   * What the application's stream goes through: its phase is `rejected` when its socket was closed.
   *
   * Nothing public says so. Without it, a server that is back before anybody asks it
   * something would not be noticed; all other signs of a lost connection remain.
   */
  export function cuts(
    events: Event.IManager
  ): ISignal<unknown, { phase: string }> | undefined {
    const { _poll } = events as { _poll?: Pick<Poll, 'ticked'> };
    return _poll?.ticked;
  }

  /** Whether there is anything in it: a probe is empty. */
  export function says(changes: IChanges): boolean {
    return (
      changes.status ||
      changes.runs.length > 0 ||
      changes.executions.length > 0 ||
      changes.sessions.length > 0 ||
      changes.models.length > 0 ||
      changes.pushes.length > 0
    );
  }
}
