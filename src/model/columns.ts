import type { Column, ColumnKind, Run } from '../api/types';
import { quoteKey } from './completions';
import { isForPeople } from './format';

/** What a column shows. Its id is written as in a filter: `metrics.accuracy`, `attributes.status`. */
export interface IColumn {
  readonly id: string;
  readonly kind: ColumnKind;
  /** Name of the metric, param, tag or attribute. */
  readonly key: string;
}

/** A column that can be shown, and how many runs have it. */
export interface IKnownColumn extends IColumn {
  /** Null for what every run has. */
  readonly count: number | null;
}

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

/** The small curve of the key metric. */
export const CURVE = 'attributes.curve';

/** All tags of a run, to be set and taken off. */
export const TAGS = 'attributes.tags';

export const NOTE = 'attributes.note';

export const USER = 'attributes.user_id';

/** Asks for runs without any param, metric or tag. */
export const NO_COLUMN = 'run_id';

const ATTRIBUTES = [
  'status',
  'start_time',
  'curve',
  'duration',
  'tags',
  'experiment',
  'user_id',
  'notebook',
  'verdict',
  'note'
];

/** What the server cannot sort by: it is made from other columns, or is long text. */
const UNSORTABLE = new Set([CURVE, TAGS, NOTE, 'attributes.duration']);

/** What can be written into. */
const EDITABLE = new Set([TAGS, NOTE]);

/** Attributes by which runs can be grouped. */
const GROUPED = ['experiment', 'notebook', 'user_id', 'status', 'verdict'];

/** Tags whose values are offered. */
const FACET_TAGS = 4;

/** Columns of each kind that are shown before the user has chosen. */
const FEW: Readonly<Record<ColumnKind, number>> = {
  attributes: 3,
  metrics: 6,
  params: 8,
  tags: 0
};

const WIDTHS: Readonly<Record<ColumnKind, number>> = {
  attributes: 110,
  metrics: 110,
  params: 120,
  tags: 130
};

const OWN_WIDTHS: Readonly<Record<string, number>> = {
  [NAME]: 220,
  [CURVE]: 130,
  [TAGS]: 180,
  [NOTE]: 240
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

export function isEditable(id: string): boolean {
  return EDITABLE.has(id);
}

/** As the server's filters, orders and selections write it. */
export function written(id: string): string {
  const { kind, key } = parseColumn(id);
  return kind === 'attributes' ? key : `${kind}.${quoteKey(key)}`;
}

/** A term of the server's `order_by`. */
export function orderTerm({ id, descending }: ISortKey): string {
  return `${written(id)} ${descending ? 'DESC' : 'ASC'}`;
}

export function columnId({ kind, key }: Column): string {
  return `${kind}.${key}`;
}

/** How many of some runs have each column; attributes are counted as none. */
export function countColumns(runs: readonly Run[]): Map<string, number> {
  const counts = new Map(ATTRIBUTES.map(key => [`attributes.${key}`, 0]));
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

/** What the server has to send so that these columns can be shown: attributes always come. */
export function requestedColumns(ids: readonly string[]): string[] {
  const named = ids.filter(id => parseColumn(id).kind !== 'attributes');
  return [NO_COLUMN, ...new Set(named.map(written))];
}

/** What runs can be grouped by: texts, of which not every run has its own. */
export function groupColumns(found: readonly Column[]): string[] {
  const keys = found.filter(
    ({ kind, key }) =>
      kind === 'params' || (kind === 'tags' && isForPeople(key))
  );
  return [
    ...GROUPED.map(key => `attributes.${key}`),
    ...sortColumns(keys.map(columnId))
  ];
}

/** Whose values are offered to narrow the table: attributes of runs, and the tags of most runs. */
export function facetColumns(found: readonly Column[]): string[] {
  const tags = found
    .filter(({ kind, key }) => kind === 'tags' && isForPeople(key))
    .sort((a, b) => b.count - a.count)
    .slice(0, FACET_TAGS);
  return [...GROUPED.map(key => `attributes.${key}`), ...tags.map(columnId)];
}

/** What is summed up for each group, and how the groups are sorted. */
export function groupOrder(
  sort: readonly ISortKey[],
  metrics: readonly string[]
): {
  metric: string[];
  order: 'count' | 'mean' | 'newest' | 'value';
  descending: boolean;
} {
  const key = sort.find(
    ({ id }) =>
      id.startsWith('metrics.') || id === 'attributes.start_time' || id === NAME
  );
  const summed = metrics.map(written);
  if (!key) {
    return { metric: summed, order: 'count', descending: true };
  }
  const { id, descending } = key;
  if (id.startsWith('metrics.')) {
    const first = written(id);
    const rest = summed.filter(each => each !== first);
    // The server takes no more than were asked for.
    const metric = [first, ...rest].slice(0, Math.max(1, summed.length));
    return { metric, order: 'mean', descending };
  }
  const order = id === NAME ? 'value' : 'newest';
  return { metric: summed, order, descending };
}

/** Every column that can be shown: attributes, then what the runs have. */
export function knownColumns(found: readonly Column[]): IKnownColumn[] {
  const keys = found
    .filter(({ kind, key }) => kind !== 'tags' || isForPeople(key))
    .map(each => ({ ...parseColumn(columnId(each)), count: each.count }));
  return [
    ...ATTRIBUTES.map(key => ({
      ...parseColumn(`attributes.${key}`),
      count: null
    })),
    ...keys.sort((a, b) => NAMES.compare(a.id, b.id))
  ];
}

/** Columns for somebody who has chosen none: what most runs have, and numbers that differ. */
export function usualColumns(
  found: readonly Column[],
  severalPeople = false
): string[] {
  const best = (kind: ColumnKind) =>
    found
      .filter(each => each.kind === kind)
      .filter(
        ({ count, min, max }) =>
          kind !== 'params' || count < 2 || min === null || min !== max
      )
      .sort((a, b) => b.count - a.count || NAMES.compare(a.key, b.key))
      .slice(0, FEW[kind])
      .map(columnId);
  return [
    ...ATTRIBUTES.slice(0, FEW.attributes).map(key => `attributes.${key}`),
    ...(severalPeople ? [USER] : []),
    ...best('metrics'),
    ...best('params'),
    'attributes.duration',
    TAGS
  ];
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

/** Put a column before another one; what stands before a pinned one is pinned, too. */
export function placeColumn(
  layout: ILayout,
  shown: readonly string[],
  id: string,
  before: string | null
): ILayout {
  if (id === before) {
    return layout;
  }
  const order = orderColumns(layout, shown).filter(each => each !== id);
  const place = before === null ? order.length : order.indexOf(before);
  const pinned = layout.pinned.filter(each => each !== id);
  return {
    ...layout,
    columns: [...order.slice(0, place), id, ...order.slice(place)],
    pinned:
      before !== null && pinned.includes(before)
        ? [...pinned.slice(0, place), id, ...pinned.slice(place)]
        : pinned
  };
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
  return layout.widths[id] ?? OWN_WIDTHS[id] ?? WIDTHS[parseColumn(id).kind];
}

export function resizeColumn(
  layout: ILayout,
  id: string,
  width: number
): ILayout {
  const fitted = Math.round(Math.max(LEAST, Math.min(MOST, width)));
  return { ...layout, widths: { ...layout.widths, [id]: fitted } };
}
