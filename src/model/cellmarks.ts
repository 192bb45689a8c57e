import type { MLOpsClient } from '../api/client';
import type { CellSummary, Curve } from '../api/types';
import type { ChangeStream } from './changes';
import { Coalescer } from './coalesce';
import { ObservableModel } from './observable';
import { followCards, ICard } from './progress';
import { Sparklines } from './sparklines';

/** The server refuses longer lists. */
const BATCH = 200;

/** What the cells of the notebook that is shown have been through; live. */
export class CellMarks extends ObservableModel {
  constructor(options: CellMarks.IOptions) {
    super();
    this._client = options.client;
    this._sparklines = new Sparklines(options.client);
    this._refresh = new Coalescer(() => this._fetch());
    options.changes.changed.connect((_, { executions, runs }) => {
      const mine = new Set([...this._cells.values()].map(cell => cell.run_id));
      // A run that was never heard of may have been opened by a cell.
      const isNew = runs.filter(runId => !this._seen.has(runId));
      isNew.forEach(runId => this._seen.add(runId));
      if (
        executions.length + isNew.length > 0 ||
        runs.some(runId => mine.has(runId))
      ) {
        void this.refresh();
      }
    });
    options.changes.reconnected.connect(this.refresh, this);
    this._sparklines.stateChanged.connect(this.touch, this);
  }

  /** Look at these cells from now on. */
  watch(cellIds: readonly string[]): void {
    if (cellIds.join() !== this._cellIds.join()) {
      this._cellIds = cellIds;
      void this.refresh();
    }
  }

  /** Undefined for a cell that has never been executed. */
  get(cellId: string): CellSummary | undefined {
    return this._cells.get(cellId);
  }

  /** The run that the cell works on, or worked on last; undefined where nobody wants to see it. */
  card(cellId: string): ICard | undefined {
    const card = this._cards.get(cellId);
    return card && this._hidden.has(card.executionId) ? undefined : card;
  }

  /** Show no card of this cell until it is executed again. */
  hideCard(cellId: string): void {
    const card = this._cards.get(cellId);
    if (card) {
      this._hidden.add(card.executionId);
      this.touch();
    }
  }

  /** The course of the metric in the cell's best run. */
  curve({ run_id, key_metric }: CellSummary): Curve | undefined {
    return run_id && key_metric
      ? this._sparklines.get({ run_id, key_metric })
      : undefined;
  }

  async refresh(): Promise<void> {
    if (this._cellIds.length > 0) {
      await this._refresh.request();
    }
  }

  override dispose(): void {
    this._sparklines.dispose();
    super.dispose();
  }

  private async _fetch(): Promise<void> {
    const batches: Promise<CellSummary[]>[] = [];
    for (let from = 0; from < this._cellIds.length; from += BATCH) {
      const cell_id = this._cellIds.slice(from, from + BATCH);
      batches.push(
        this._client.get('/cells', { query: { cell_id }, background: true })
      );
    }
    // A notebook is right without marks; the light says when the server does not answer.
    const answers = await Promise.allSettled(batches);
    const cells = answers.flatMap(each =>
      each.status === 'fulfilled' ? each.value : []
    );
    this._cells = new Map(cells.map(cell => [cell.cell_id, cell]));
    this._cards = followCards(this._cards, cells);
    this.touch();
    await this._sparklines.fetch(
      cells.flatMap(({ run_id, key_metric }) =>
        run_id && key_metric ? [{ run_id, key_metric }] : []
      )
    );
  }

  private readonly _client: MLOpsClient;
  private readonly _sparklines: Sparklines;
  private readonly _refresh: Coalescer;
  private readonly _seen = new Set<string>();
  private readonly _hidden = new Set<string>();
  private _cards: ReadonlyMap<string, ICard> = new Map();
  private _cellIds: readonly string[] = [];
  private _cells: ReadonlyMap<string, CellSummary> = new Map();
}

export namespace CellMarks {
  /** What marks are made from. */
  export interface IOptions {
    readonly client: MLOpsClient;
    readonly changes: ChangeStream;
  }
}
