import type { MLOpsClient } from '../api/client';
import type { Redaction, Session, Status } from '../api/types';
import type { ChangeStream, IChanges } from './changes';
import { Coalescer } from './coalesce';
import type { CurrentNotebook } from './notebook';
import { ObservableModel } from './observable';

/** What the light says. `unknown`: the server has not answered yet, or does not. */
export type Light =
  | 'unknown'
  | 'recording'
  | 'degraded'
  | 'paused'
  | 'kept-out'
  | 'locked'
  | 'off';

/** Recording: whether, where, and what went wrong. */
export class StatusModel extends ObservableModel {
  constructor(options: StatusModel.IOptions) {
    super();
    this._client = options.client;
    this._notebook = options.notebook;
    this._refresh = new Coalescer(() => this._fetch());
    options.changes.changed.connect(this._onChanged, this);
    options.changes.reconnected.connect(this.refresh, this);
    this._notebook.stateChanged.connect(this._onNotebookChanged, this);
    void this.refresh();
  }

  /** The last answer; null before the first. */
  get status(): Status | null {
    return this._status;
  }

  /** Why the server does not answer. */
  get error(): string | null {
    return this._error;
  }

  /** The session of the current notebook's kernel. */
  get session(): Session | null {
    const kernelId = this._notebook.kernelId;
    const sessions = this._status?.sessions ?? [];
    return sessions.find(each => each.kernel_id === kernelId) ?? null;
  }

  /** Whether recording is switched off by somebody whom nobody here can gainsay. */
  get isLocked(): boolean {
    const by = this._status?.off_by;
    return by === 'administrator' || by === 'configuration';
  }

  get light(): Light {
    if (!this._status || this._error) {
      return 'unknown';
    }
    if (this.isLocked) {
      return 'locked';
    }
    if (!this._status.recording) {
      return 'off';
    }
    if (this.session ? !this.session.recording : this._notebook.keptOut) {
      return this._notebook.keptOut ? 'kept-out' : 'paused';
    }
    return this._status.degraded ? 'degraded' : 'recording';
  }

  refresh(): Promise<void> {
    return this._refresh.request();
  }

  /** Record this kernel, or no longer. */
  async recordKernel(kernelId: string, enabled: boolean): Promise<void> {
    await this._switch(enabled, kernelId);
  }

  /** Record at all, or no longer. */
  async recordAll(enabled: boolean): Promise<void> {
    await this._switch(enabled, null);
  }

  /** What was taken out of all that a session has recorded. */
  redactions(sessionId: string): Promise<Redaction[]> {
    return this._client.get('/redactions', {
      query: { session_id: sessionId },
      background: true
    });
  }

  private async _switch(
    enabled: boolean,
    kernelId: string | null
  ): Promise<void> {
    this._status = await this._client.put('/recording', {
      body: { enabled, kernel_id: kernelId }
    });
    this.touch();
  }

  private async _fetch(): Promise<void> {
    try {
      this._status = await this._client.get('/status', { background: true });
      this._error = null;
    } catch (error) {
      this._error = (error as Error).message;
    }
    this.touch();
  }

  private _onChanged(_: unknown, changes: IChanges): void {
    const counts = changes.runs.length + changes.executions.length;
    if (changes.status || changes.sessions.length > 0 || counts > 0) {
      void this.refresh();
    }
  }

  private _onNotebookChanged(): void {
    this.touch();
    if (this._notebook.kernelId && !this.session) {
      void this.refresh();
    }
  }

  private readonly _client: MLOpsClient;
  private readonly _notebook: CurrentNotebook;
  private readonly _refresh: Coalescer;
  private _status: Status | null = null;
  private _error: string | null = null;
}

export namespace StatusModel {
  /** What a status is made from. */
  export interface IOptions {
    readonly client: MLOpsClient;
    readonly changes: ChangeStream;
    readonly notebook: CurrentNotebook;
  }
}
