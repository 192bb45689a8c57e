import type { Run } from '../api/types';
import { quoteKey } from './completions';
import { isForPeople } from './format';

/** What a column shows. Its id is written as in a filter: `metrics.accuracy`, `attributes.status`. */
export interface IColumn {
  readonly id: string;
  readonly kind: ColumnKind;
  /** Name of the metric, param, tag or attribute. */
  readonly key: string;
}

export type ColumnKind = 'attributes' | 'metrics' | 'params' | 'tags';

/** A key of the order, the most important first. */
export interface ISortKey {
  readonly id: string;
  readonly descending: boolean;
}

/** Which columns are shown, where, and how wide. */
export interface ILayout {
  /** Null until the user has chosen: then those that say most. */
  readonly columns: readonly string[] | null;
  /** Those of them that stay at the left. */
  readonly pinned: readonly string[];
  readonly widths: Readonly<Record<string, number>>;
}

/** The column that is always there, at the left. */
export const NAME = 'attributes.run_name';

const ATTRIBUTES = [
  'status',
  'start_time',
  'duration',
  'experiment',
  'user_id',
  'notebook',
  'verdict',
  'note'
];

/** What the server cannot sort by: it is made from other columns, or is long text. */
const UNSORTABLE = new Set(['attributes.duration', 'attributes.note']);

/** Columns of each kind that are shown before the user has chosen. */
const FEW: Readonly<Record<ColumnKind, number>> = {
  attributes: 3,
  metrics: 6,
  params: 8,
  tags: 2
};

const WIDTHS: Readonly<Record<ColumnKind, number>> = {
  attributes: 110,
  metrics: 110,
  params: 120,
  tags: 130
};

const LEAST = 56;
const MOST = 900;

export const EMPTY_LAYOUT: ILayout = { columns: null, pinned: [], widths: {} };

const NAMES = new Intl.Collator(undefined, { numeric: true });

/** Attributes as they are, then metrics, params and tags, each by name: `m2` before `m10`. */
export function sortColumns(ids: Iterable<string>): string[] {
  const isAttribute = (id: string) => id.startsWith('attributes.');
  const all = [...ids];
  return [
    ...all.filter(isAttribute),
    ...all.filter(id => !isAttribute(id)).sort(NAMES.compare)
  ];
}

/** Take an id apart. */
export function parseColumn(id: string): IColumn {
  const dot = id.indexOf('.');
  return { id, kind: id.slice(0, dot) as ColumnKind, key: id.slice(dot + 1) };
}

export function isSortable(id: string): boolean {
  return !UNSORTABLE.has(id);
}

/** A term of the server's `order_by`. */
export function orderTerm({ id, descending }: ISortKey): string {
  const { kind, key } = parseColumn(id);
  return `${kind}.${quoteKey(key)} ${descending ? 'DESC' : 'ASC'}`;
}

/** How many of the runs have each column. */
export function countColumns(
  runs: readonly Run[],
  counts: Map<string, number> = new Map(
    ATTRIBUTES.map(key => [`attributes.${key}`, 0])
  )
): Map<string, number> {
  const add = (id: string) => counts.set(id, (counts.get(id) ?? 0) + 1);
  for (const run of runs) {
    Object.keys(run.metrics).forEach(key => add(`metrics.${key}`));
    Object.keys(run.params).forEach(key => add(`params.${key}`));
    Object.keys(run.tags)
      .filter(isForPeople)
      .forEach(key => add(`tags.${key}`));
  }
  return counts;
}

/** Columns for somebody who has chosen none: what most runs have, and params that differ. */
export function usualColumns(runs: readonly Run[]): string[] {
  const counts = countColumns(runs);
  const differs = (id: string) =>
    !id.startsWith('params.') ||
    runs.length < 2 ||
    new Set(runs.map(run => cellText(run, id))).size > 1;
  const best = (kind: ColumnKind) =>
    [...counts]
      .filter(
        ([id, count]) =>
          id.startsWith(`${kind}.`) &&
          (count > 0 || kind === 'attributes') &&
          differs(id)
      )
      .sort(
        ([a, many], [b, more]) =>
          more - many || (kind === 'attributes' ? 0 : NAMES.compare(a, b))
      )
      .slice(0, FEW[kind])
      .map(([id]) => id);
  return (['attributes', 'metrics', 'params', 'tags'] as const).flatMap(best);
}

/** The value of a metric; null where there is none, and for every other column. */
export function cellNumber(run: Run, id: string): number | null {
  const { kind, key } = parseColumn(id);
  return kind === 'metrics' ? (run.metrics[key] ?? null) : null;
}

/** The text of a param, a tag or an attribute that is text. */
export function cellText(run: Run, id: string): string {
  const { kind, key } = parseColumn(id);
  switch (kind) {
    case 'params':
      return run.params[key] ?? '';
    case 'tags':
      return run.tags[key] ?? '';
    case 'metrics':
      return String(run.metrics[key] ?? '');
    case 'attributes':
      return attributeText(run, key);
  }
}

function attributeText(run: Run, key: string): string {
  switch (key) {
    case 'run_name':
      return run.name;
    case 'experiment':
      return run.experiment;
    case 'user_id':
      return run.user ?? '';
    case 'notebook':
      return run.notebook ?? '';
    case 'verdict':
      return run.verdict ?? '';
    case 'note':
      return run.note;
    default:
      return '';
  }
}

/** Show a column at the end, or hide it. */
export function toggleColumn(
  layout: ILayout,
  shown: readonly string[],
  id: string
): ILayout {
  const columns = shown.includes(id)
    ? shown.filter(each => each !== id)
    : [...shown, id];
  return {
    ...layout,
    columns,
    pinned: layout.pinned.filter(each => columns.includes(each))
  };
}

/** Keep a column at the left, or let it scroll again. */
export function togglePin(
  layout: ILayout,
  shown: readonly string[],
  id: string
): ILayout {
  const pinned = layout.pinned.includes(id)
    ? layout.pinned.filter(each => each !== id)
    : [...layout.pinned, id];
  return { ...layout, columns: [...shown], pinned };
}

/** Move a column by so many places, among those that are pinned or among those that are not. */
export function moveColumn(
  layout: ILayout,
  shown: readonly string[],
  id: string,
  step: number
): ILayout {
  const isPinned = layout.pinned.includes(id);
  const move = (ids: readonly string[]) => {
    const from = ids.indexOf(id);
    const to = Math.max(0, Math.min(ids.length - 1, from + step));
    const rest = ids.filter(each => each !== id);
    return [...rest.slice(0, to), id, ...rest.slice(to)];
  };
  return isPinned
    ? { ...layout, columns: [...shown], pinned: move(layout.pinned) }
    : {
        ...layout,
        columns: [
          ...layout.pinned,
          ...move(shown.filter(each => !layout.pinned.includes(each)))
        ]
      };
}

/** Pinned columns first, then the others, in their order. */
export function orderColumns(
  layout: ILayout,
  shown: readonly string[]
): string[] {
  return [
    ...layout.pinned,
    ...shown.filter(each => !layout.pinned.includes(each))
  ];
}

export function columnWidth(layout: ILayout, id: string): number {
  return (
    layout.widths[id] ?? (id === NAME ? 220 : WIDTHS[parseColumn(id).kind])
  );
}

export function resizeColumn(
  layout: ILayout,
  id: string,
  width: number
): ILayout {
  const fitted = Math.round(Math.max(LEAST, Math.min(MOST, width)));
  return { ...layout, widths: { ...layout.widths, [id]: fitted } };
}
