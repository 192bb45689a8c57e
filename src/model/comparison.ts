import type { MLOpsClient } from '../api/client';
import type {
  CellPair,
  Comparison,
  Curve,
  Execution,
  ValueRow
} from '../api/types';
import type { ChangeStream, IChanges } from './changes';
import { Coalescer } from './coalesce';
import { COMPARE_LIMITS } from './comparisonlink';
import { ObservableModel } from './observable';

/** Metrics that are drawn at most. */
const CURVE_LIMIT = 50;

/** Two to twenty runs against a baseline, the first of them. */
export class ComparisonModel extends ObservableModel {
  constructor(options: ComparisonModel.IOptions) {
    super();
    this._client = options.client;
    this._runIds = [...options.runIds];
    this._styles = [...options.runIds];
    this._refresh = new Coalescer(() => this._fetch());
    options.changes.changed.connect(this._onChanged, this);
    options.changes.reconnected.connect(this.refresh, this);
    void this.refresh();
  }

  /** Null before the first answer. */
  get comparison(): Comparison | null {
    return this._comparison;
  }

  get error(): string | null {
    return this._error;
  }

  /** The runs, the baseline first. */
  get runIds(): readonly string[] {
    return this._runIds;
  }

  /** The run whose cells are compared with the baseline's; those of all would be megabytes. */
  get cellsOf(): string {
    return this._runIds.indexOf(this._cellsOf) > 0
      ? this._cellsOf
      : this._runIds[1];
  }

  /** Compare the cells of this run. */
  async setCellsOf(runId: string): Promise<void> {
    this._cellsOf = runId;
    this.touch();
    await this.refresh();
  }

  refresh(): Promise<void> {
    return this._refresh.request();
  }

  /** Measure the others against this run. */
  async setBaseline(runId: string): Promise<void> {
    this._runIds = [runId, ...this._runIds.filter(each => each !== runId)];
    await this.refresh();
  }

  /** Take a run out; two must remain. */
  async remove(runId: string): Promise<void> {
    if (this._runIds.length > COMPARE_LIMITS.least) {
      this._runIds = this._runIds.filter(each => each !== runId);
      await this.refresh();
    }
  }

  /** Which line style a run has; it keeps it when the baseline changes. */
  style(runId: string): number {
    return this._styles.indexOf(runId);
  }

  /** Curves of metrics, of every run that has them. */
  async curves(keys: readonly string[], pixels: number): Promise<Curve[]> {
    return keys.length === 0
      ? []
      : this._client.get('/curves', {
          query: {
            run_id: [...this._runIds],
            key: keys.slice(0, CURVE_LIMIT),
            pixels
          },
          background: true
        });
  }

  /** Bytes of an artifact of one of the runs. */
  artifact(runId: string, path: string): Promise<Blob> {
    return this._client.blob('/runs/{run_id}/artifacts/{path}', {
      path: { run_id: runId, path }
    });
  }

  /** An execution with its outputs. */
  execution(executionId: string): Promise<Execution> {
    return this._client.get('/executions/{execution_id}', {
      path: { execution_id: executionId },
      background: true
    });
  }

  /** What was not committed when a session began, as `git diff` shows it. */
  async uncommitted(sessionId: string): Promise<string> {
    const environment = await this._client.get(
      '/sessions/{session_id}/environment',
      { path: { session_id: sessionId }, background: true }
    );
    return environment.git?.diff ?? '';
  }

  private async _fetch(): Promise<void> {
    if (this.isDisposed) {
      return;
    }
    try {
      this._comparison = await this._client.get('/compare', {
        query: { run_id: [...this._runIds], cells_of: this.cellsOf },
        background: true
      });
      this._error = null;
    } catch (error) {
      this._error = (error as Error).message;
    }
    this.touch();
  }

  private _onChanged(_: unknown, changes: IChanges): void {
    if (changes.runs.some(runId => this._runIds.includes(runId))) {
      void this.refresh();
    }
  }

  private readonly _client: MLOpsClient;
  private readonly _refresh: Coalescer;
  private readonly _styles: readonly string[];
  private _runIds: string[];
  private _cellsOf = '';
  private _comparison: Comparison | null = null;
  private _error: string | null = null;
}

export namespace ComparisonModel {
  /** What a comparison is made from. */
  export interface IOptions {
    readonly runIds: readonly string[];
    readonly client: MLOpsClient;
    readonly changes: ChangeStream;
  }
}

/** Neighbours among the cells: those that are the same stand together, so that they can be folded. */
export interface IStretch {
  readonly same: boolean;
  readonly pairs: readonly CellPair[];
}

/** Whether there is nothing to see in a pair of cells. */
export function isSame(pair: CellPair): boolean {
  return pair.kind === 'equal' && !pair.moved && !pair.outputs_differ;
}

/** Gather neighbours that are the same. */
export function foldPairs(pairs: readonly CellPair[]): IStretch[] {
  const stretches: { same: boolean; pairs: CellPair[] }[] = [];
  for (const pair of pairs) {
    const same = isSame(pair);
    const last = stretches[stretches.length - 1];
    if (last?.same === same) {
      last.pairs.push(pair);
    } else {
      stretches.push({ same, pairs: [pair] });
    }
  }
  return stretches;
}

/** How many rows were changed, added or removed in any run, in the order of these words. */
export function countStates(
  rows: readonly ValueRow[]
): [changed: number, added: number, removed: number] {
  const count = (state: ValueRow['states'][number]) =>
    rows.filter(row => row.states.includes(state)).length;
  return [count('changed'), count('added'), count('removed')];
}
