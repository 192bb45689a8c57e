/** How the curve of one run looks: colours repeat, and then the dash differs. */
export interface ILineStyle {
  /** Name of a colour of ours, which differs between light and dark themes. */
  readonly color: string;
  readonly dash: readonly number[];
}

/** Colours of `charts.css`: told apart by those who see no red, no green or no blue, too. */
export const COLORS = Array.from(
  { length: 6 },
  (_, i) => `--jp-mlops-line${i}`
);

/** Colours that differ. */
export const SERIES = COLORS.length;

export const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4]];

/** Neighbours differ in colour and in dash. */
export function lineStyle(index: number): ILineStyle {
  return {
    color: COLORS[index % COLORS.length],
    dash: DASHES[(index + Math.floor(index / COLORS.length)) % DASHES.length]
  };
}

/** The colour's value in the theme that is in use. */
export function themeColor(name: string): string {
  return getComputedStyle(document.body).getPropertyValue(name).trim();
}

/** The colours of so many lines, for those who draw them themselves. */
export function lineColors(count: number): string[] {
  return Array.from({ length: count }, (_, i) =>
    themeColor(lineStyle(i).color)
  );
}
