import type { MLOpsClient } from '../api/client';
import type { Execution } from '../api/types';
import type { ChangeStream, IChanges } from './changes';
import { Coalescer } from './coalesce';
import { ObservableModel } from './observable';

/** Executions in a page. */
const PAGE = 500;

/** More changes than this at once: the whole list is fetched anew. */
const PATCH_LIMIT = 20;

/** Everything that was executed in one life of a kernel; live. */
export class SessionModel extends ObservableModel {
  constructor(options: SessionModel.IOptions) {
    super();
    this.sessionId = options.sessionId;
    this._client = options.client;
    this._refresh = new Coalescer(() => this._update());
    options.changes.changed.connect(this._onChanged, this);
    options.changes.reconnected.connect(this.refresh, this);
    void this.refresh();
  }

  readonly sessionId: string;

  /** The newest first; null before the first answer. */
  get executions(): readonly Execution[] | null {
    return (
      this._executions &&
      [...this._executions.values()].sort((a, b) => b.sequence - a.sequence)
    );
  }

  get error(): string | null {
    return this._error;
  }

  refresh(): Promise<void> {
    this._stale = true;
    return this._refresh.request();
  }

  /** An execution with its outputs. */
  execution(executionId: string): Promise<Execution> {
    return this._client.get('/executions/{execution_id}', {
      path: { execution_id: executionId },
      background: true
    });
  }

  private async _update(): Promise<void> {
    const changed = [...this._pending];
    this._pending.clear();
    try {
      if (this._stale || changed.length > PATCH_LIMIT) {
        this._stale = false;
        await this._fetchAll();
      } else {
        await this._patch(changed);
      }
      this._error = null;
    } catch (error) {
      this._error = (error as Error).message;
    }
    this.touch();
  }

  private async _fetchAll(): Promise<void> {
    const executions = new Map<string, Execution>();
    let token: string | null | undefined;
    do {
      const page = await this._client.get('/executions', {
        query: {
          session_id: this.sessionId,
          limit: PAGE,
          page_token: token ?? undefined
        },
        background: true
      });
      page.executions.forEach(each => executions.set(each.execution_id, each));
      token = page.next_page_token;
    } while (token);
    this._executions = executions;
  }

  private async _patch(executionIds: readonly string[]): Promise<void> {
    const fresh = await Promise.all(
      executionIds.map(executionId => this.execution(executionId))
    );
    for (const execution of fresh) {
      if (execution.session_id === this.sessionId) {
        this._executions?.set(execution.execution_id, execution);
      }
    }
  }

  private _onChanged(_: unknown, changes: IChanges): void {
    if (changes.executions.length > 0) {
      changes.executions.forEach(each => this._pending.add(each));
      void this._refresh.request();
    }
  }

  private readonly _client: MLOpsClient;
  private readonly _refresh: Coalescer;
  private readonly _pending = new Set<string>();
  private _stale = true;
  private _executions: Map<string, Execution> | null = null;
  private _error: string | null = null;
}

export namespace SessionModel {
  /** What the model of a session is made from. */
  export interface IOptions {
    readonly sessionId: string;
    readonly client: MLOpsClient;
    readonly changes: ChangeStream;
  }
}
