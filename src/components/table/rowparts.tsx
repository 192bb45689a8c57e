import type { RunTableModel } from '../../model/table';
import type { ICellFrame } from './frame';

export const ROW_HEIGHT = 28;
export const HEADER_HEIGHT = 40;

/** What the rows have in common. It stays the same while the user scrolls up and down. */
export interface IRowProps {
  readonly model: RunTableModel;
  /** Id of the cell that the keyboard is in. */
  readonly id: string;
  readonly columns: readonly string[];
  readonly widths: readonly number[];
  /** Columns that are always there, at the left, and the room that they take. */
  readonly fixed: number;
  readonly left: number;
  /** Columns in view: from the first to before the end, and the room that those before take. */
  readonly first: number;
  readonly end: number;
  readonly gap: number;
  /** The column of this row that the keyboard is in. */
  readonly active: number | null;
  /** The user has written what there was to write. */
  readonly onDone: () => void;
}

/** Room for the columns that are out of view. */
export function Gap(props: { width: number }): JSX.Element {
  return (
    <div role="presentation" style={{ flex: 'none', width: props.width }} />
  );
}

/** The cells of some columns of a row. */
export function framesOf(
  props: IRowProps,
  from: number,
  to: number
): ICellFrame[] {
  const { columns, fixed, widths } = props;
  return columns.slice(from, to).map((column, i) => ({
    column,
    at: from + i,
    width: widths[from + i],
    pinned: from + i < fixed,
    id: props.active === from + i ? props.id : undefined
  }));
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
