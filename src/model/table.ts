import type { Run } from '../api/types';
import * as columns from './columns';
import type { ILayout, ISortKey } from './columns';
import { IRunsOrder, RunPages } from './pages';
import type { IRunsQuery } from './query';

/** Runs in a page: some screens. */
const PAGE = 200;

/** What is kept of a table when its tab is closed with the browser. */
export interface ITableState {
  readonly query?: IRunsQuery;
  readonly sort?: readonly ISortKey[];
  readonly layout?: ILayout;
}

/** Runs as a table: the server searches, sorts and pages; the user chooses the columns. */
export class RunTableModel extends RunPages {
  constructor(options: RunTableModel.IOptions) {
    super(options, PAGE, options.state?.query);
    const { state } = options;
    this._sort = state?.sort ?? this._sort;
    this._layout = state?.layout ?? this._layout;
    void this.reload();
  }

  get sort(): readonly ISortKey[] {
    return this._sort;
  }

  get layout(): ILayout {
    return this._layout;
  }

  /** How many runs have come that are not in the table: they would move what the user looks at. */
  get waiting(): number {
    return this._waiting.size;
  }

  /** Ids of the columns that are shown, pinned ones first; the name is before them. */
  get shown(): string[] {
    return columns.orderColumns(this._layout, this._chosen);
  }

  /** Every column that a loaded run has, and how many have it. */
  get known(): ReadonlyMap<string, number> {
    return this._known;
  }

  /** Whether the user looks at the first rows: only then may new runs push the others down. */
  follow = true;

  /** What to keep. */
  get state(): ITableState {
    return { query: this.query, sort: this._sort, layout: this._layout };
  }

  /** Sort by a column: descending, then ascending, then no longer. `also` keeps the other keys. */
  async sortBy(id: string, also: boolean): Promise<void> {
    const known = this._sort.find(each => each.id === id);
    if (!known) {
      await this.setSort({ id, descending: true }, also);
    } else if (known.descending) {
      await this.setSort({ id, descending: false }, also);
    } else {
      await this.setSort(null, also, id);
    }
  }

  /** Sort by this key; null takes the key of `id` away. */
  async setSort(
    key: ISortKey | null,
    also: boolean,
    id = key?.id
  ): Promise<void> {
    const place = this._sort.findIndex(each => each.id === id);
    const others = also ? this._sort.filter(each => each.id !== id) : [];
    const at = also && place >= 0 ? place : others.length;
    this._sort = key
      ? [...others.slice(0, at), key, ...others.slice(at)]
      : others;
    this.touch();
    await this.restart();
  }

  toggleColumn(id: string): void {
    this._setLayout(columns.toggleColumn(this._layout, this._chosen, id));
  }

  togglePin(id: string): void {
    this._setLayout(columns.togglePin(this._layout, this._chosen, id));
  }

  moveColumn(id: string, step: number): void {
    this._setLayout(columns.moveColumn(this._layout, this._chosen, id, step));
  }

  resizeColumn(id: string, width: number): void {
    this._setLayout(columns.resizeColumn(this._layout, id, width));
  }

  protected override get order(): IRunsOrder {
    return { order_by: this._sort.map(columns.orderTerm) };
  }

  protected override get movesFreely(): boolean {
    return this.follow;
  }

  protected override taken(fresh: readonly Run[], append: boolean): void {
    this._known = columns.countColumns(fresh, append ? this._known : undefined);
    if (!append) {
      this._waiting.clear();
      this._usual = columns.usualColumns(fresh);
    }
  }

  /** New runs wait: they would push down what the user looks at. */
  protected override merge(
    fresh: readonly Run[],
    gone: ReadonlySet<string>
  ): Run[] {
    const byId = new Map(fresh.map(run => [run.run_id, run]));
    const merged = this.runs
      .filter(run => !gone.has(run.run_id))
      .map(run => byId.get(run.run_id) ?? run);
    merged.forEach(run => byId.delete(run.run_id));
    byId.forEach((_, runId) => this._waiting.add(runId));
    gone.forEach(runId => this._waiting.delete(runId));
    return merged;
  }

  private get _chosen(): readonly string[] {
    return this._layout.columns ?? this._usual;
  }

  private _setLayout(layout: ILayout): void {
    this._layout = layout;
    this.touch();
  }

  private readonly _waiting = new Set<string>();
  private _known: Map<string, number> = columns.countColumns([]);
  private _usual: string[] = [];
  private _sort: readonly ISortKey[] = [];
  private _layout: ILayout = columns.EMPTY_LAYOUT;
}

export namespace RunTableModel {
  /** What a table is made from. */
  export interface IOptions extends RunPages.IOptions {
    readonly state?: ITableState;
  }
}
