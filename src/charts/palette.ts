/** How the curve of one run looks: colours repeat, and then the dash differs. */
export interface ILineStyle {
  /** Name of a colour of the theme. */
  readonly color: string;
  readonly dash: readonly number[];
}

const COLORS = [
  '--jp-brand-color1',
  '--jp-warn-color1',
  '--jp-success-color1',
  '--jp-error-color1',
  '--jp-info-color1',
  '--jp-accent-color1'
];

const DASHES = [[], [6, 3], [2, 2], [8, 3, 2, 3], [12, 4]];

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
