import type { MLOpsClient } from '../api/client';
import type {
  Artifact,
  Curve,
  Execution,
  Redaction,
  RunDetails
} from '../api/types';
import type { ChangeStream, IChanges } from './changes';
import { Coalescer } from './coalesce';
import { ObservableModel } from './observable';

/** One run with all that belongs to it, live while it is shown. */
export class RunModel extends ObservableModel {
  constructor(options: RunModel.IOptions) {
    super();
    this.runId = options.runId;
    this._client = options.client;
    this._refresh = new Coalescer(() => this._fetch());
    options.changes.changed.connect(this._onChanged, this);
    options.changes.reconnected.connect(this.refresh, this);
    void this.refresh();
  }

  readonly runId: string;

  /** Null before the first answer. */
  get details(): RunDetails | null {
    return this._details;
  }

  get error(): string | null {
    return this._error;
  }

  refresh(): Promise<void> {
    return this._refresh.request();
  }

  /** Curves of some metrics, reduced to what a chart of that width can show. */
  curves(keys: readonly string[], pixels: number): Promise<Curve[]> {
    return this._client.get('/curves', {
      query: { run_id: [this.runId], key: [...keys], pixels },
      background: true
    });
  }

  /** An execution with its outputs. */
  execution(executionId: string): Promise<Execution> {
    return this._client.get('/executions/{execution_id}', {
      path: { execution_id: executionId },
      background: true
    });
  }

  /** What was taken out of it and of its cells. */
  redactions(): Promise<Redaction[]> {
    return this._client.get('/redactions', {
      query: { run_id: this.runId },
      background: true
    });
  }

  /** Bytes of an artifact. */
  artifact(artifact: Artifact): Promise<Blob> {
    return this._client.blob('/runs/{run_id}/artifacts/{path}', {
      path: { run_id: this.runId, path: artifact.path }
    });
  }

  private async _fetch(): Promise<void> {
    if (this.isDisposed) {
      return;
    }
    try {
      this._details = await this._client.get('/runs/{run_id}', {
        path: { run_id: this.runId },
        background: true
      });
      this._error = null;
    } catch (error) {
      this._error = (error as Error).message;
    }
    this.touch();
  }

  private _onChanged(_: unknown, changes: IChanges): void {
    const related = new Set([
      this.runId,
      ...(this._details?.children ?? []).map(child => child.run_id)
    ]);
    const versions = (this._details?.versions ?? []).map(each => each.name);
    if (
      changes.runs.some(runId => related.has(runId)) ||
      changes.models.some(name => versions.includes(name)) ||
      this._showsAnyOf(changes.executions)
    ) {
      void this.refresh();
    }
  }

  private _showsAnyOf(executions: readonly string[]): boolean {
    const shown = this._details?.executions ?? [];
    return shown.some(each => executions.includes(each.execution_id));
  }

  private readonly _client: MLOpsClient;
  private readonly _refresh: Coalescer;
  private _details: RunDetails | null = null;
  private _error: string | null = null;
}

export namespace RunModel {
  /** What the model of a run is made from. */
  export interface IOptions {
    readonly runId: string;
    readonly client: MLOpsClient;
    readonly changes: ChangeStream;
  }
}
