import type { Range, XAxis } from '../charts/series';
import { DEFAULTS, IChartsState } from './chartsstate';

/** The parameter of an address that opens charts. */
export const LINK_PARAMETER = 'mlops-charts';

const AXES: readonly string[] = ['step', 'wall', 'relative'] satisfies XAxis[];

/** The charts as a parameter of an address: only what differs from the defaults. */
export function toLink(state: IChartsState): string {
  const names = Object.keys(DEFAULTS) as (keyof IChartsState)[];
  const changed = names.filter(
    name => JSON.stringify(state[name]) !== JSON.stringify(DEFAULTS[name])
  );
  const kept = Object.fromEntries(changed.map(name => [name, state[name]]));
  return new URLSearchParams({
    [LINK_PARAMETER]: JSON.stringify(kept)
  }).toString();
}

/** What a link or a saved layout says, as far as it can be used; null where nobody wrote it so. */
export function fromLink(search: string): Partial<IChartsState> | null {
  const text = new URLSearchParams(search).get(LINK_PARAMETER);
  try {
    const state: unknown = JSON.parse(text ?? '');
    return isState(state) ? state : null;
  } catch {
    return null;
  }
}

/** Whether every part is what it must be: what is not, could be anything. */
export function isState(state: unknown): state is Partial<IChartsState> {
  return (
    isObject(state) &&
    Object.entries(state).every(
      ([name, value]) => CHECKS[name as keyof IChartsState]?.(value) ?? false
    )
  );
}

type Check = (value: unknown) => boolean;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isBoolean: Check = value => typeof value === 'boolean';
const isWord: Check = value => value === null || typeof value === 'string';
const isWords: Check = value =>
  Array.isArray(value) && value.every(each => typeof each === 'string');
const isIds: Check = value =>
  isWords(value) && (value as string[]).every(each => /^[\w-]+$/.test(each));
const isRange = (value: unknown): value is Range | null =>
  value === null ||
  (Array.isArray(value) && value.length === 2 && value.every(Number.isFinite));
const isChoice =
  (names: readonly string[]): Check =>
  value =>
    isObject(value) &&
    names.every(name => isWord(value[name])) &&
    Object.keys(value).length === names.length;

const CHECKS: Readonly<Record<keyof IChartsState, Check>> = {
  runIds: isIds,
  hidden: isIds,
  axis: value => AXES.includes(value as string),
  zoom: isRange,
  smoothing: value => typeof value === 'number' && value >= 0 && value < 1,
  logX: isBoolean,
  logY: isBoolean,
  groupBy: isWord,
  metrics: value => value === null || isWords(value),
  target: isWord,
  scatter: isChoice(['x', 'y', 'color', 'size']),
  table: isChoice(['path', 'truth', 'guess', 'score'])
};
