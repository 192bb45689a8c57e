/** A table as `log_table` writes it. */
export interface ITable {
  readonly columns: readonly string[];
  readonly data: readonly (readonly unknown[])[];
}

/** Which columns say what. */
export interface IRoles {
  readonly truth: string | null;
  readonly guess: string | null;
  readonly score: string | null;
}

/** How often a class was taken for another. */
export interface IConfusion {
  readonly truth: string;
  readonly guess: string;
  readonly count: number;
  /** Of all of this truth. */
  readonly part: number;
}

/** A curve, and the area below it. */
export interface IArea {
  readonly points: readonly { readonly x: number; readonly y: number }[];
  readonly area: number;
}

const WORDS: Readonly<Record<keyof IRoles, RegExp>> = {
  truth: /^(y|(y_?)?(true|truth)|target|label|actual|expected|class|gold)$/i,
  guess:
    /^(y_?)?(pred|preds|predicted|prediction|predictions|guess|output|hat)$/i,
  score: /^(y_?)?(score|scores|prob|proba|probability|confidence)(_?1)?$/i
};

/** Classes beyond which nobody reads a matrix. */
export const MOST_CLASSES = 50;

/** The table in a file; null where the text is none. */
export function parseTable(text: string): ITable | null {
  try {
    const { columns, data } = JSON.parse(text) as Partial<ITable>;
    const isTable =
      Array.isArray(columns) &&
      Array.isArray(data) &&
      data.every(Array.isArray);
    return isTable ? { columns: columns.map(String), data } : null;
  } catch {
    return null;
  }
}

/** What the names of the columns say; null where they say nothing. */
export function guessRoles(columns: readonly string[]): IRoles {
  const find = (role: keyof IRoles) =>
    columns.find(column => WORDS[role].test(column)) ?? null;
  return { truth: find('truth'), guess: find('guess'), score: find('score') };
}

/** One column of the table. */
export function columnOf(table: ITable, name: string): unknown[] {
  const place = table.columns.indexOf(name);
  return table.data.map(row => row[place]);
}

/** Classes in their order: numbers as numbers. */
export function classes(values: readonly unknown[]): string[] {
  const order = new Intl.Collator(undefined, { numeric: true });
  return [...new Set(values.map(String))].sort(order.compare);
}

export function confusion(
  truth: readonly unknown[],
  guess: readonly unknown[]
): IConfusion[] {
  const names = classes([...truth, ...guess]);
  const counts = new Map<string, number>();
  const totals = new Map<string, number>();
  truth.forEach((value, i) => {
    const key = JSON.stringify([String(value), String(guess[i])]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
    totals.set(String(value), (totals.get(String(value)) ?? 0) + 1);
  });
  return names.flatMap(truth =>
    names.map(guess => {
      const count = counts.get(JSON.stringify([truth, guess])) ?? 0;
      return { truth, guess, count, part: count / (totals.get(truth) ?? 1) };
    })
  );
}

/** True positive rate over false positive rate, as the threshold falls. */
export function roc(
  truth: readonly boolean[],
  scores: readonly number[]
): IArea {
  const positives = truth.filter(Boolean).length;
  const negatives = truth.length - positives;
  const points = [
    { x: 0, y: 0 },
    ...thresholds(truth, scores).map(({ hits, alarms }) => ({
      x: alarms / negatives,
      y: hits / positives
    }))
  ];
  const area = points
    .slice(1)
    .reduce(
      (sum, { x, y }, i) => sum + ((x - points[i].x) * (y + points[i].y)) / 2,
      0
    );
  return { points, area };
}

/** Precision over recall; the area is the average precision. */
export function precisionRecall(
  truth: readonly boolean[],
  scores: readonly number[]
): IArea {
  const positives = truth.filter(Boolean).length;
  const points = thresholds(truth, scores).map(({ hits, alarms }) => ({
    x: hits / positives,
    y: hits / (hits + alarms)
  }));
  const area = points.reduce(
    (sum, { x, y }, i) => sum + (x - (points[i - 1]?.x ?? 0)) * y,
    0
  );
  return { points: [{ x: 0, y: 1 }, ...points], area };
}

/** Right and wrong positives at every threshold, from the highest score on. */
function thresholds(
  truth: readonly boolean[],
  scores: readonly number[]
): { hits: number; alarms: number }[] {
  const order = scores.map((_, i) => i).sort((a, b) => scores[b] - scores[a]);
  const found: { hits: number; alarms: number }[] = [];
  let [hits, alarms] = [0, 0];
  order.forEach((at, i) => {
    hits += truth[at] ? 1 : 0;
    alarms += truth[at] ? 0 : 1;
    if (scores[order[i + 1]] !== scores[at]) {
      found.push({ hits, alarms });
    }
  });
  return found;
}
