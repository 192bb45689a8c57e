import type { Run } from '../api/types';

/** Values of one column of which a run has one. */
export interface IFacetChoice {
  /** As a filter writes it: `experiment`, `tags.stage`. */
  readonly column: string;
  /** Null: a run lacks it. */
  readonly values: readonly (string | null)[];
}

/** What the user asks the list for. */
export interface IRunsQuery {
  /** Free text, or a filter in MLflow's grammar. */
  readonly search: string;
  /** Name of the experiment; null for all. */
  readonly experiment: string | null;
  /** What was chosen without writing it. */
  readonly facets?: readonly IFacetChoice[];
  /** Look into the trash. */
  readonly deleted?: boolean;
  /** Look at what was put aside. */
  readonly archived?: boolean;
}

/** Which of all runs are meant, unless it is the active ones. */
export type RunsView = 'archived' | 'deleted';

/** How the server is asked. */
export interface IRunsRequest {
  readonly filter: string;
  readonly text?: string;
  readonly experiment?: string[];
  readonly view?: RunsView;
  readonly parent_run_id?: string;
  readonly roots?: boolean;
  readonly order_by?: string[];
  /** Only these of the params, metrics and tags; all where it lacks. */
  readonly columns?: string[];
}

export const EMPTY_QUERY: IRunsQuery = { search: '', experiment: null };

const CLAUSE =
  /^\s*(?:\w+\.)?(?:[\w./-]+|`[^`]+`|"[^"]+")\s*(?:!=|<=|>=|=|<|>|\bI?LIKE\b|\bNOT\s+IN\b|\bIN\s*\(|\bIS\s+(?:NOT\s+)?NULL\b)/i;

/** Whether the text is meant as a filter: its first clause has a key and an operator. */
export function isFilter(search: string): boolean {
  return CLAUSE.test(search);
}

/** The trash, the archive, or what is in neither. */
export function viewOf(query: IRunsQuery): RunsView | undefined {
  return query.deleted ? 'deleted' : query.archived ? 'archived' : undefined;
}

/** Only a plain list is a tree; a search finds children, too, and shows them flat. */
export function isTree(query: IRunsQuery): boolean {
  return query.search.trim() === '' && !query.facets?.length && !viewOf(query);
}

/** Translate the query; `runIds` narrows it to some runs. */
export function toRequest(
  query: IRunsQuery,
  runIds: readonly string[] = []
): IRunsRequest {
  const search = query.search.trim();
  const clauses = (query.facets ?? []).map(facetClause);
  if (isFilter(search)) {
    // What is wrong in it is shown in it: it has to come first.
    clauses.unshift(search);
  }
  if (runIds.length > 0) {
    clauses.push(isOneOf('run_id', runIds));
  }
  return {
    filter: all(clauses),
    text: search && !isFilter(search) ? search : undefined,
    experiment: query.experiment === null ? undefined : [query.experiment],
    view: viewOf(query),
    roots: isTree(query) || undefined
  };
}

/** How many characters stand before the search in the filter that the server gets. */
export function placeOfSearch(query: IRunsQuery): number {
  return Math.max(0, toRequest(query).filter.indexOf(query.search.trim()));
}

/** Choose a value, or no longer; null stands for runs that lack it. */
export function toggleFacet(
  facets: readonly IFacetChoice[],
  column: string,
  value: string | null
): IFacetChoice[] {
  const others = facets.filter(each => each.column !== column);
  const chosen = facets.find(each => each.column === column)?.values ?? [];
  const values = chosen.includes(value)
    ? chosen.filter(each => each !== value)
    : [...chosen, value];
  return values.length > 0 ? [...others, { column, values }] : others;
}

function facetClause({ column, values }: IFacetChoice): string {
  const texts = values.filter(value => value !== null);
  return [
    ...(texts.length > 0 ? [isOneOf(column, texts)] : []),
    ...(texts.length < values.length ? [`${column} IS NULL`] : [])
  ].join(' OR ');
}

function isOneOf(column: string, values: readonly string[]): string {
  return `${column} IN (${values.map(quote).join(', ')})`;
}

/** Both of two filters, of which either may be empty. */
export function both(one: string, other: string): string {
  return all([one, other].filter(Boolean));
}

/** AND binds more than OR: what has one is put into parentheses. */
function all(clauses: readonly string[]): string {
  return clauses.length < 2
    ? clauses.join('')
    : clauses
        .map(clause => (/\bOR\b/i.test(clause) ? `(${clause})` : clause))
        .join(' AND ');
}

/** Put fresh runs into the list: known ones in place, new ones where their start time says. */
export function mergeRuns(known: readonly Run[], fresh: readonly Run[]): Run[] {
  const byId = new Map(fresh.map(run => [run.run_id, run]));
  const merged = known.map(run => byId.get(run.run_id) ?? run);
  const seen = new Set(merged.map(run => run.run_id));
  const added = fresh.filter(run => !seen.has(run.run_id));
  return [...merged, ...added].sort(
    (a, b) => b.start_time - a.start_time || (a.run_id < b.run_id ? -1 : 1)
  );
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
