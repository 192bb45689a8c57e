import type { MLOpsClient } from '../api/client';
import type { Execution } from '../api/types';
import type { ICellAddress } from '../tokens';
import { cellExecutions } from './cells';
import type { ChangeStream, IChanges } from './changes';
import { Coalescer } from './coalesce';
import { ObservableModel } from './observable';

/** Executions of a cell that had the same source, newest first. */
export interface ICellVersion {
  readonly source: string;
  readonly executions: readonly Execution[];
}

/** What a cell has been: every source that was executed under its id. */
export class CellHistoryModel extends ObservableModel {
  constructor(options: CellHistoryModel.IOptions) {
    super();
    this.cell = options.cell;
    this._client = options.client;
    this._refresh = new Coalescer(() => this._fetch());
    options.changes.changed.connect(this._onChanged, this);
    options.changes.reconnected.connect(this.refresh, this);
    void this.refresh();
  }

  readonly cell: ICellAddress;

  /** Newest first; null before the first answer. */
  get versions(): readonly ICellVersion[] | null {
    return this._versions;
  }

  get error(): string | null {
    return this._error;
  }

  refresh(): Promise<void> {
    return this._refresh.request();
  }

  /** An execution with its outputs. */
  execution(executionId: string): Promise<Execution> {
    return this._client.get('/executions/{execution_id}', {
      path: { execution_id: executionId },
      background: true
    });
  }

  private async _fetch(): Promise<void> {
    if (this.isDisposed) {
      return;
    }
    try {
      this._versions = groupVersions(
        await cellExecutions(this._client, this.cell.cellId)
      );
      this._error = null;
    } catch (error) {
      this._error = (error as Error).message;
    }
    this.touch();
  }

  private _onChanged(_: unknown, changes: IChanges): void {
    if (changes.executions.length > 0) {
      void this.refresh();
    }
  }

  private readonly _client: MLOpsClient;
  private readonly _refresh: Coalescer;
  private _versions: readonly ICellVersion[] | null = null;
  private _error: string | null = null;
}

export namespace CellHistoryModel {
  /** What the history of a cell is made from. */
  export interface IOptions {
    readonly cell: ICellAddress;
    readonly client: MLOpsClient;
    readonly changes: ChangeStream;
  }
}

/** Neighbouring executions of the same source are one version. */
export function groupVersions(
  newestFirst: readonly Execution[]
): ICellVersion[] {
  const versions: { source: string; executions: Execution[] }[] = [];
  for (const execution of newestFirst) {
    const last = versions[versions.length - 1];
    if (last?.source === execution.source) {
      last.executions.push(execution);
    } else {
      versions.push({ source: execution.source, executions: [execution] });
    }
  }
  return versions;
}
