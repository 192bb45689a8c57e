import type { Curve, Run, RunGroup } from '../../api/types';
import { parseColumn } from '../../model/columns';
import type { TableRow } from '../../model/rows';
import type { ICellPlace } from './keys';

/** Where a cell stands in its row. */
export interface ICellFrame {
  readonly column: string;
  readonly at: number;
  readonly width: number;
  /** Whether it is always there, at the left. */
  readonly pinned: boolean;
  /** Only the cell that the keyboard is in has one. */
  readonly id: string | undefined;
}

/** What a line shows; values that stay the same let it be. */
export interface ILineState {
  readonly kind: TableRow['kind'] | null;
  /** Undefined until it is loaded. */
  readonly run?: Run;
  readonly group?: RunGroup;
  readonly curve?: Curve;
  /** How deep it stands in other runs, and whether those in it are shown. */
  readonly level: number;
  readonly expanded: boolean;
  readonly selected: boolean;
}

/** What every cell has, be it the head of its column. */
export function cellFrame(
  place: ICellFrame
): React.HTMLAttributes<HTMLElement> & Record<`data-${string}`, unknown> {
  const { column, width } = place;
  return {
    id: place.id,
    'aria-colindex': place.at + 1,
    className: 'jp-MLOps-cell',
    'data-column': column,
    'data-pinned': place.pinned || undefined,
    'data-active': place.id === undefined ? undefined : true,
    style: { width }
  };
}

/** Whether what a column holds is aligned at its end. */
export function isNumber(column: string): boolean {
  return (
    parseColumn(column).kind === 'metrics' || column === 'attributes.duration'
  );
}

/** The cell that an element of the page is in. */
export function placeOf(target: EventTarget): ICellPlace | null {
  const cell = (target as Element).closest('[aria-colindex]');
  const row = cell?.closest<HTMLElement>('[data-row]');
  return cell && row
    ? {
        row: Number(row.dataset.row),
        column: Number(cell.getAttribute('aria-colindex')) - 1
      }
    : null;
}
