import type { Run } from '../api/types';

/** A filter to learn from. */
export const FILTER_HELP = "metrics.accuracy > 0.9 AND params.C = '1.0'";

const ATTRIBUTES = [
  'attributes.status',
  'attributes.run_name',
  'attributes.start_time',
  'attributes.end_time',
  'attributes.user_id'
];

const STATUSES = ['FINISHED', 'FAILED', 'RUNNING', 'KILLED'];

/** Texts that complete what stands in the search field: keys of the loaded runs, then values. */
export function completions(text: string, runs: readonly Run[]): string[] {
  const start = text.lastIndexOf(' ') + 1;
  const head = text.slice(0, start);
  const word = text.slice(start).toLowerCase();
  if (/status\s*!?=\s*'?\w*$/i.test(text)) {
    return statusCompletions(text);
  }
  // After an operator the user writes a value.
  if (!word || /[=<>]\s*$/.test(head)) {
    return [];
  }
  return keys(runs)
    .filter(key => matches(key, word))
    .map(key => `${head}${key} `);
}

function statusCompletions(text: string): string[] {
  const [, head = '', typed = ''] = /^(.*=\s*)'?(\w*)$/i.exec(text) ?? [];
  return STATUSES.filter(status => status.startsWith(typed.toUpperCase())).map(
    status => `${head}'${status}'`
  );
}

/** `acc` finds `metrics.accuracy`; so does `metrics.a`. */
function matches(key: string, word: string): boolean {
  const lower = key.toLowerCase();
  const name = lower.slice(lower.indexOf('.') + 1);
  return lower.startsWith(word) || (word.length > 1 && name.startsWith(word));
}

function keys(runs: readonly Run[]): string[] {
  const found = new Set<string>();
  for (const run of runs) {
    Object.keys(run.metrics).forEach(key =>
      found.add(`metrics.${quoteKey(key)}`)
    );
    Object.keys(run.params).forEach(key =>
      found.add(`params.${quoteKey(key)}`)
    );
    Object.keys(run.tags)
      .filter(key => !key.startsWith('mlflow.'))
      .forEach(key => found.add(`tags.${quoteKey(key)}`));
  }
  return [...[...found].sort(), ...ATTRIBUTES];
}

/** A key as a filter wants it. */
export function quoteKey(key: string): string {
  return /^[\w.]+$/.test(key) ? key : `\`${key}\``;
}
