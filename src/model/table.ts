import type { Facet, QueryProblem, Run } from '../api/types';
import type { IChanges } from './changes';
import * as columns from './columns';
import type { ILayout, ISortKey } from './columns';
import { FoundColumns } from './foundcolumns';
import { ObservableModel } from './observable';
import { problemOf, RunPages } from './pages';
import {
  both,
  EMPTY_QUERY,
  IRunsQuery,
  IRunsRequest,
  toggleFacet,
  toRequest,
  viewOf
} from './query';
import {
  groupKey,
  IBlockOwner,
  IBlockScope,
  RowLayout,
  RunBlock,
  runKey,
  TableRow
} from './rows';
import { Sparklines } from './sparklines';
import { TableGroups } from './tablegroups';

/** Runs that are selected at once, and of them in one request. */
export const MOST_SELECTED = 20_000;
const SELECTED_AT_ONCE = 1000;

/** What is kept of a table when its tab is closed with the browser, and in a saved view. */
export interface ITableState {
  readonly query?: IRunsQuery;
  readonly sort?: readonly ISortKey[];
  readonly layout?: ILayout;
  /** Column by which the runs are grouped, as a filter writes it. */
  readonly groupBy?: string | null;
}

/** Runs as a table: the server searches, sorts, groups and pages; the user chooses the columns. */
export class RunTableModel extends ObservableModel implements IBlockOwner {
  constructor(private readonly _options: RunTableModel.IOptions) {
    super();
    const { client } = _options;
    this.sparklines = new Sparklines(client);
    this._groups = new TableGroups(client);
    this._found = new FoundColumns(client, () => viewOf(this._query));
    this._root = this._makeBlock({});
    this._groups.stateChanged.connect(() => this.touch());
    this._found.stateChanged.connect(() => this.touch());
    const { changed, reconnected } = _options.changes;
    changed.connect(this._onChanged, this);
    reconnected.connect(this._onReconnected, this);
    this._adopt(_options.state ?? {});
    void this._restart();
    void this._found.fetch();
  }

  readonly sparklines: Sparklines;

  /** Whether the user looks at the first rows: only then may new runs push the others down. */
  follow = true;

  get query(): IRunsQuery {
    return this._query;
  }

  get sort(): readonly ISortKey[] {
    return this._sort;
  }

  get layout(): ILayout {
    return this._layout;
  }

  get groupBy(): string | null {
    return this._groups.by;
  }

  /** What to keep. */
  get state(): ITableState {
    return {
      query: this._query,
      sort: this._sort,
      layout: this._layout,
      groupBy: this.groupBy
    };
  }

  /** How many runs match; a lower bound unless `totalIsExact`. */
  get total(): number {
    return this._groups.all ? this._groups.runCount : this._root.total;
  }

  get totalIsExact(): boolean {
    return this._groups.all !== null || this._root.totalIsExact;
  }

  /** False until the first answer. */
  get isReady(): boolean {
    return this.groupBy === null
      ? this._root.isReady
      : this._groups.all !== null;
  }

  /** Why the last request failed: mostly a filter that is not understood. */
  get error(): string | null {
    return this._failure?.message ?? this._root.error;
  }

  /** Which word of the filter is wrong. */
  get problem(): QueryProblem | null {
    return this._failure ? problemOf(this._failure) : this._root.problem;
  }

  /** Runs that are loaded. */
  get runs(): readonly Run[] {
    return this._root.runs;
  }

  /** How many runs have come that are not in the table. */
  get waiting(): number {
    return this._waiting.size;
  }

  /** Another number whenever the table begins anew: query, order or grouping has changed. */
  get epoch(): number {
    return this._epoch;
  }

  /** Ids of the runs between two lines, both included, as far as they are loaded. */
  runIds(one: number, other: number): string[] {
    const [from, to] = [
      Math.max(0, Math.min(one, other)),
      Math.max(one, other)
    ];
    const lines = Array.from({ length: to - from + 1 }, (_, i) =>
      this.rows.at(from + i)
    );
    return lines.flatMap(line =>
      line?.kind === 'run' && line.run ? [line.run.run_id] : []
    );
  }

  /** Lines, with what is folded out. */
  get rows(): RowLayout {
    if (this._rows?.revision !== this.revision) {
      const layout = new RowLayout(this._opened);
      if (this._groups.all) {
        this._groups.all.forEach(group => layout.addGroup(group));
      } else {
        layout.addBlock(this._root, 0);
      }
      this._rows = { layout, revision: this.revision };
    }
    return this._rows.layout;
  }

  /** Ids of the columns that are shown, pinned ones first; the name is before them. */
  get shown(): string[] {
    return columns.orderColumns(this._layout, this._chosen);
  }

  /** Every column there is. */
  get known(): readonly columns.IKnownColumn[] {
    return columns.knownColumns(this._found.all);
  }

  /** Ids of columns by which the runs can be grouped. */
  get groupColumns(): string[] {
    return columns.groupColumns(this._found.all);
  }

  async search(query: Partial<IRunsQuery>): Promise<void> {
    this._query = { ...this._query, ...query };
    this.touch();
    await this._restart();
  }

  /** Ids of columns whose values are offered to narrow the table. */
  get facetColumns(): string[] {
    return columns.facetColumns(this._found.all);
  }

  /** The values of a column among those that match, whatever is chosen in it. */
  async facet(column: string): Promise<Facet> {
    const facets = this._query.facets?.filter(each => each.column !== column);
    const { filter, text, experiment, view } = toRequest({
      ...this._query,
      facets
    });
    const answer = await this._options.client.get('/facets', {
      query: { filter, text, experiment, view, facet: [column], limit: 100 }
    });
    return answer.facets[0];
  }

  /** Choose a value of a column, or no longer. */
  toggleFacet(column: string, value: string | null): Promise<void> {
    const facets = toggleFacet(this._query.facets ?? [], column, value);
    return this.search({ facets });
  }

  /** Let every value of a column be. */
  clearFacet(column: string): Promise<void> {
    const facets = this._query.facets?.filter(each => each.column !== column);
    return this.search({ facets });
  }

  /** Group by a column; null: no longer. */
  async setGroupBy(column: string | null): Promise<void> {
    this._groups.groupBy(column);
    this.touch();
    await this._restart();
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
    await this._restart();
  }

  toggleColumn(id: string): void {
    this._setLayout(columns.toggleColumn(this._layout, this._chosen, id));
  }

  /** Show these columns, too. */
  showColumns(ids: readonly string[]): void {
    const shown = new Set([...this._chosen, ...ids]);
    this._setLayout({ ...this._layout, columns: [...shown] });
  }

  togglePin(id: string): void {
    this._setLayout(columns.togglePin(this._layout, this._chosen, id));
  }

  moveColumn(id: string, step: number): void {
    this._setLayout(columns.moveColumn(this._layout, this._chosen, id, step));
  }

  /** Put a column before another one; null: at the end. */
  placeColumn(id: string, before: string | null): void {
    this._setLayout(
      columns.placeColumn(this._layout, this._chosen, id, before)
    );
  }

  resizeColumn(id: string, width: number): void {
    this._setLayout(columns.resizeColumn(this._layout, id, width));
  }

  /** Show the columns that say most again. */
  resetColumns(): void {
    this._setLayout(columns.EMPTY_LAYOUT);
  }

  /** Be as somebody has set it up. */
  async adopt(state: ITableState): Promise<void> {
    this._adopt(state);
    this.touch();
    await this._restart();
  }

  /** Fold out the runs inside of a run or of a group, or fold them in. */
  async expand(row: TableRow, expanded: boolean): Promise<void> {
    const key =
      row.kind === 'group'
        ? groupKey(row.group)
        : runKey(row.run?.run_id ?? '');
    if (!expanded) {
      this._close(key);
      this.touch();
    } else if (!this._opened.has(key)) {
      const scope =
        row.kind === 'group'
          ? { group: row.group }
          : { parentId: row.run?.run_id };
      const block = this._makeBlock(scope);
      this._opened.set(key, block);
      await block.restart();
    }
  }

  /** Say which lines and which columns are looked at: what lacks of them is fetched. */
  look(from: number, to: number, ids: readonly string[]): void {
    this._looked = ids;
    for (const part of this.rows.inside(from, to)) {
      void part.block.show(part.from, part.to);
      if (ids.includes(columns.CURVE)) {
        this._fetchCurves(part.block, part.from, part.to);
      }
    }
  }

  /** Fetch what is looked at anew. */
  async reload(): Promise<void> {
    this._waiting.clear();
    await Promise.all([
      this.groupBy === null ? this._root.reload() : this._fetchGroups(),
      ...[...this._opened.values()].map(block => block.reload())
    ]);
  }

  /** Ids of those that match, as many as can be selected at once. */
  async matching(): Promise<string[]> {
    const found = new Set<string>();
    let more = true;
    for (let offset = 0; more && offset < MOST_SELECTED;) {
      const page = await this._options.client.get('/runs', {
        query: {
          ...this.ask({}),
          columns: [columns.NO_COLUMN],
          max_results: SELECTED_AT_ONCE,
          offset
        }
      });
      page.runs.forEach(run => found.add(run.run_id));
      offset += page.runs.length;
      more = page.next_page_token !== null;
    }
    return [...found];
  }

  ask(scope: IBlockScope, runIds?: readonly string[]): IRunsRequest {
    const { parentId, group } = scope;
    const query = parentId === undefined ? this._query : EMPTY_QUERY;
    const request = toRequest(query, runIds);
    return {
      ...request,
      filter: both(request.filter, group?.filter ?? ''),
      roots: parentId === undefined ? request.roots : undefined,
      parent_run_id: parentId,
      order_by: this._sort.map(columns.orderTerm),
      columns: columns.requestedColumns([...this._found.tags, ...this._looked])
    };
  }

  wait(runs: readonly Run[]): void {
    runs.forEach(run => this._waiting.add(run.run_id));
  }

  override dispose(): void {
    this._found.dispose();
    this._groups.dispose();
    this._root.dispose();
    this._opened.forEach(block => block.dispose());
    this.sparklines.dispose();
    super.dispose();
  }

  private get _chosen(): readonly string[] {
    return this._layout.columns ?? this._found.usual;
  }

  /** Why there is nothing, where it is not the runs' request that failed. */
  private get _failure(): Error | null {
    return this._groups.error ?? this._found.error;
  }

  private _adopt(state: ITableState): void {
    this._query = state.query ?? EMPTY_QUERY;
    this._sort = state.sort ?? [];
    this._layout = state.layout ?? columns.EMPTY_LAYOUT;
    this._groups.groupBy(state.groupBy ?? null);
    // Before the first rows are there nobody has said what is looked at.
    this._looked = this._layout.columns?.slice(0, 20) ?? [];
  }

  private _makeBlock(scope: IBlockScope): RunBlock {
    const { client, changes } = this._options;
    const block = new RunBlock({ client, changes }, this, scope);
    block.stateChanged.connect(() => this.touch());
    return block;
  }

  /** The query or the order is another: what was folded out may be gone. */
  private async _restart(): Promise<void> {
    [...this._opened.keys()].forEach(key => this._close(key));
    this._waiting.clear();
    await (this.groupBy === null ? this._root.restart() : this._fetchGroups());
    this._epoch += 1;
    this.touch();
  }

  private _close(key: string): void {
    this._opened.get(key)?.dispose();
    this._opened.delete(key);
  }

  private _fetchGroups(): Promise<void> {
    const { shown, sort } = this;
    return this._groups.fetch({ request: this.ask({}), sort, shown });
  }

  private _fetchCurves(block: RunBlock, from: number, to: number): void {
    const runs = Array.from({ length: to - from }, (_, i) =>
      block.at(from + i)
    );
    void this.sparklines.fetchMissing(runs.filter(run => run !== undefined));
  }

  private _setLayout(layout: ILayout): void {
    this._layout = layout;
    this.touch();
  }

  private _onChanged(_: unknown, changes: IChanges): void {
    if (changes.runs.length > 0) {
      this.sparklines.forget(changes.runs);
      this._found.refresh();
      void this._fetchGroups();
    }
  }

  private _onReconnected(): void {
    void this._fetchGroups();
    void this._found.fetch();
  }

  private readonly _root: RunBlock;
  private readonly _groups: TableGroups;
  private readonly _found: FoundColumns;
  private readonly _opened = new Map<string, RunBlock>();
  private readonly _waiting = new Set<string>();
  private _rows: { layout: RowLayout; revision: number } | null = null;
  private _looked: readonly string[] = [];
  private _query: IRunsQuery = EMPTY_QUERY;
  private _sort: readonly ISortKey[] = [];
  private _layout: ILayout = columns.EMPTY_LAYOUT;
  private _epoch = 0;
}

export namespace RunTableModel {
  /** What a table is made from. */
  export interface IOptions extends RunPages.IOptions {
    readonly state?: ITableState;
  }
}
