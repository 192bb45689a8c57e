/** What stands where a secret was taken out; `kernel/secrets.py` writes it. */
const MARK = /\[redacted(?:: ([^[\]\n]{1,60}))?\]/g;

/** Kinds of the secrets that were taken out of a text; null for those known by name or value. */
export function secretsIn(text: string): (string | null)[] {
  return [...text.matchAll(MARK)].map(match => match[1] ?? null);
}
