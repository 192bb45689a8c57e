import type { TranslationBundle } from '@jupyterlab/translation';

/** Digits that matter to the eye; the full value is shown on hover. */
const DIGITS = 4;

/** Digits for which there is room behind the point, and the point. */
const FRACTION = 5;

/** A number short enough to be read in a column. */
export function formatNumber(value: number | null | undefined): string {
  if (value === null || value === undefined) {
    return '–';
  }
  const size = Math.abs(value);
  if (size !== 0 && (size >= 1e6 || size < 1e-3)) {
    return value.toExponential(DIGITS - 2).replace('e+', 'e');
  }
  return String(
    Number.isInteger(value)
      ? value
      : Number(value.toFixed(Math.max(0, DIGITS - intDigits(size))))
  );
}

/** A number as it is drawn: short, with its full value as a title. */
export interface INumberParts {
  readonly text: string;
  readonly title: string;
  /** Digits' widths behind it, with which the points of numbers stand below each other. */
  readonly room: number;
}

export function numberParts(value: number | null | undefined): INumberParts {
  const text = formatNumber(value);
  const point = text.search(/[.e]/);
  // The point itself is half as wide as a digit.
  const room =
    point < 0 ? FRACTION - 0.5 : Math.max(0, FRACTION - text.length + point);
  return { text, title: String(value ?? ''), room };
}

/** With its sign: `+0.026`. */
export function formatDelta(value: number): string {
  return value > 0
    ? `+${formatNumber(value)}`
    : formatNumber(value).replace('-', '−');
}

/** A relative change: 0.028 is `+2.8%`. */
export function formatPercent(ratio: number): string {
  const percent = ratio * 100;
  const text =
    Math.abs(percent) >= 100 ? percent.toFixed(0) : percent.toFixed(1);
  return `${percent > 0 ? '+' : ''}${text.replace('-', '−')}%`;
}

/** How long something took, in at most two units. */
export function formatDuration(
  milliseconds: number,
  trans: TranslationBundle
): string {
  const seconds = milliseconds / 1000;
  if (seconds < 1) {
    return trans.__('%1 ms', Math.max(0, Math.round(milliseconds)));
  }
  if (seconds < 10) {
    return trans.__('%1 s', seconds.toFixed(1));
  }
  if (seconds < 60) {
    return trans.__('%1 s', Math.floor(seconds));
  }
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) {
    return trans.__('%1 min %2 s', minutes, Math.floor(seconds % 60));
  }
  const hours = Math.floor(minutes / 60);
  return hours < 24
    ? trans.__('%1 h %2 min', hours, minutes % 60)
    : trans.__('%1 d %2 h', Math.floor(hours / 24), hours % 24);
}

/** `3min ago`. */
export function formatAgo(time: number, now: number): string {
  // A server's clock that is ahead must not put things into the future.
  const ago = Math.max(0, now - time);
  const [unit, length] =
    Private.units.find(([, length]) => ago >= length) ?? Private.least;
  return Private.relative().format(-Math.floor(ago / length), unit);
}

/** Date and time of day. */
export function formatTime(time: number): string {
  return Private.absolute().format(time);
}

/** `12 kB`. */
export function formatSize(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = bytes;
  let unit = 0;
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit === 0 || size >= 100 ? size.toFixed(0) : size.toFixed(1)} ${units[unit]}`;
}

/** Whether a tag is not one of those that MLflow and we keep for ourselves. */
export function isForPeople(key: string): boolean {
  return !key.startsWith('mlflow.') && !key.startsWith('mlops.');
}

/** Tags that people have set, or may want to see. */
export function visibleTags(
  tags: Readonly<Record<string, string>>
): [string, string][] {
  return Object.entries(tags).filter(([key]) => isForPeople(key));
}

/** `key`, or `key: value` where the value says anything. */
export function formatTag(key: string, value: string): string {
  return value === '' || value === 'true' ? key : `${key}: ${value}`;
}

/** The reverse of what the user types: `key`, `key=value` or `key: value`. */
export function parseTag(text: string): { key: string; value: string } | null {
  const [, key = '', value = ''] =
    /^([^=:]+)(?:[=:](.*))?$/.exec(text.trim()) ?? [];
  return key.trim() ? { key: key.trim(), value: value.trim() } : null;
}

function intDigits(size: number): number {
  return size < 1 ? 0 : Math.floor(Math.log10(size)) + 1;
}

namespace Private {
  type Unit = readonly [Intl.RelativeTimeFormatUnit, number];

  export const least: Unit = ['second', 1000];

  /** The longest first, in milliseconds. */
  export const units: readonly Unit[] = [
    ['year', 365 * 86_400_000],
    ['month', 30 * 86_400_000],
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
    least
  ];

  /** One for each language: to make it takes longer than a screen of uses. */
  function inLanguage<T>(make: (language: string) => T): () => T {
    const made = new Map<string, T>();
    return () => {
      const language = document.documentElement.lang || 'en';
      const known = made.get(language) ?? make(language);
      made.set(language, known);
      return known;
    };
  }

  export const relative = inLanguage(
    language =>
      new Intl.RelativeTimeFormat(language, {
        numeric: 'auto',
        style: 'narrow'
      })
  );

  export const absolute = inLanguage(
    language =>
      new Intl.DateTimeFormat(language, {
        dateStyle: 'short',
        timeStyle: 'short'
      })
  );
}
