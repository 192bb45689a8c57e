import type { Run } from '../api/types';

/** What the user asks the list for. */
export interface IRunsQuery {
  /** Free text, or a filter in MLflow's grammar. */
  readonly search: string;
  /** Name of the experiment; null for all. */
  readonly experiment: string | null;
}

/** How the server is asked. */
export interface IRunsRequest {
  readonly filter: string;
  readonly text?: string;
  readonly experiment?: string[];
}

const CLAUSE =
  /^\s*(?:\w+\.)?(?:[\w./-]+|`[^`]+`|"[^"]+")\s*(?:!=|<=|>=|=|<|>|\bI?LIKE\b|\bNOT\s+IN\b|\bIN\s*\(|\bIS\s+(?:NOT\s+)?NULL\b)/i;

/** Runs that are nobody's child. */
const TOP_LEVEL = 'attributes.parent_run_id IS NULL';

/** Whether the text is meant as a filter: its first clause has a key and an operator. */
export function isFilter(search: string): boolean {
  return CLAUSE.test(search);
}

/** Only a plain list is a tree; a search finds children, too, and shows them flat. */
export function isTree(query: IRunsQuery): boolean {
  return query.search.trim() === '';
}

/** Translate the query; `runIds` narrows it to some runs. */
export function toRequest(
  query: IRunsQuery,
  runIds: readonly string[] = []
): IRunsRequest {
  const search = query.search.trim();
  const clauses = isTree(query) ? [TOP_LEVEL] : [];
  if (isFilter(search)) {
    clauses.push(search);
  }
  if (runIds.length > 0) {
    clauses.push(`attributes.run_id IN (${runIds.map(quote).join(', ')})`);
  }
  return {
    filter: clauses.join(' AND '),
    text: search && !isFilter(search) ? search : undefined,
    experiment: query.experiment === null ? undefined : [query.experiment]
  };
}

/** Put fresh runs into the list: known ones in place, new ones where their start time says. */
export function mergeRuns(
  known: readonly Run[],
  fresh: readonly Run[],
  gone: ReadonlySet<string>
): Run[] {
  const byId = new Map(fresh.map(run => [run.run_id, run]));
  const merged = known
    .filter(run => !gone.has(run.run_id))
    .map(run => byId.get(run.run_id) ?? run);
  const seen = new Set(merged.map(run => run.run_id));
  const added = fresh.filter(run => !seen.has(run.run_id));
  return [...merged, ...added].sort(
    (a, b) => b.start_time - a.start_time || (a.run_id < b.run_id ? -1 : 1)
  );
}

function quote(text: string): string {
  return `'${text}'`;
}
