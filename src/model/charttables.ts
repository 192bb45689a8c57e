import { ITable, parseTable } from '../charts/predictions';
import type { ChartsModel } from './charts';
import { PREVIEW_LIMIT } from './preview';

/** Tables of the same name, by run. */
export type ITables = ReadonlyMap<string, ITable>;

/** A file that is a table. */
export interface ITablePath {
  readonly runId: string;
  readonly path: string;
}

/** Runs whose files are looked at. */
const RUNS = 20;

/** Names of files that are looked into. */
const NAMES = 10;

/** Files of the runs that are tables: those that most runs have come first. */
export async function tablePaths(
  model: ChartsModel,
  runIds: readonly string[]
): Promise<ITablePath[]> {
  const found = await Promise.all(
    runIds
      .slice(0, RUNS)
      .map(async runId =>
        (await model.artifacts(runId))
          .filter(
            each => each.path.endsWith('.json') && each.size <= PREVIEW_LIMIT
          )
          .map(({ path }) => ({ runId, path }))
      )
  );
  const all = found.flat();
  const count = (path: string) => all.filter(each => each.path === path).length;
  const names = [...new Set(all.map(({ path }) => path))]
    .sort((a, b) => count(b) - count(a))
    .slice(0, NAMES);
  const checked = await Promise.all(
    names.map(async name => {
      const file = all.find(({ path }) => path === name)!;
      return parseTable(await model.text(file.runId, name)) ? [name] : [];
    })
  );
  return checked
    .flat()
    .flatMap(name => all.filter(({ path }) => path === name));
}

/** The tables of this name; files that are none are left out. */
export async function fetchTables(
  model: ChartsModel,
  files: readonly ITablePath[],
  path: string | null
): Promise<ITables> {
  const tables = await Promise.all(
    files
      .filter(file => file.path === path)
      .map(async ({ runId }): Promise<[string, ITable | null]> => [
        runId,
        parseTable(await model.text(runId, path!))
      ])
  );
  return new Map(
    tables.filter((entry): entry is [string, ITable] => entry[1] !== null)
  );
}
