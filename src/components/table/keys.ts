import { isSortable } from '../../model/columns';
import type { RunTableModel } from '../../model/table';
import { CommandIDs } from '../../tokens';
import { useServices } from '../services';

/** The row of the column heads. */
export const HEADER = -1;

/** A cell by its row and its column. */
export interface ICellPlace {
  readonly row: number;
  readonly column: number;
}

/** What the keys act on. */
export interface IGridKeys {
  readonly model: RunTableModel;
  /** Ids of the columns. */
  readonly columns: readonly string[];
  readonly active: ICellPlace;
  /** Rows in view. */
  readonly page: number;
  readonly move: (place: ICellPlace) => void;
  readonly cell: (place: ICellPlace) => HTMLElement | null;
  readonly openMenu: (column: string, at: { x: number; y: number }) => void;
}

/** The keys of a grid: arrows move, Enter opens or sorts, Space selects, the menu key shows more. */
export function useGridKeys(
  grid: IGridKeys
): (event: React.KeyboardEvent) => void {
  const { commands, mlops } = useServices();
  const { active, model, columns } = grid;
  const column = columns[active.column];
  const run = active.row === HEADER ? undefined : model.runs[active.row];
  const { selection } = mlops.runs;

  const go = (row: number, to: number) =>
    grid.move({
      row: Math.max(HEADER, Math.min(model.runs.length - 1, row)),
      column: Math.max(0, Math.min(columns.length - 1, to))
    });
  const moves: Readonly<Record<string, () => void>> = {
    ArrowDown: () => go(active.row + 1, active.column),
    ArrowUp: () => go(active.row - 1, active.column),
    ArrowRight: () => go(active.row, active.column + 1),
    ArrowLeft: () => go(active.row, active.column - 1),
    PageDown: () => go(active.row + grid.page, active.column),
    PageUp: () => go(active.row - grid.page, active.column),
    Home: () => go(active.row, 0),
    End: () => go(active.row, columns.length - 1),
    'Ctrl+Home': () => go(HEADER, 0),
    'Ctrl+End': () => go(model.runs.length - 1, columns.length - 1)
  };

  const onHeader: Readonly<Record<string, () => void>> = {
    Enter: () => isSortable(column) && void model.sortBy(column, false),
    'Shift+Enter': () => isSortable(column) && void model.sortBy(column, true),
    ContextMenu: () => openMenu(),
    'Shift+F10': () => openMenu(),
    'Alt+ArrowDown': () => openMenu()
  };
  const openMenu = () => {
    const place = grid.cell(active)?.getBoundingClientRect();
    grid.openMenu(column, { x: place?.left ?? 0, y: place?.bottom ?? 0 });
  };

  const onRun: Readonly<Record<string, (runId: string) => void>> = {
    ' ': runId => mlops.runs.select(runId, !selection.has(runId)),
    'Shift+ArrowDown': () => extend(1),
    'Shift+ArrowUp': () => extend(-1),
    'Ctrl+a': () => mlops.runs.selectAlso(model.runs.map(each => each.run_id)),
    Enter: runId => void commands.execute(CommandIDs.openRun, { runId }),
    Delete: runId =>
      void commands.execute(CommandIDs.deleteRuns, {
        runIds: selection.has(runId) ? [...selection] : [runId]
      }),
    t: runId =>
      void commands.execute(CommandIDs.tagRun, {
        runIds: selection.has(runId) ? [...selection] : [runId]
      })
  };

  const extend = (step: number) => {
    const next = active.row + step;
    const range = [active.row, next].map(row => model.runs[row]?.run_id);
    mlops.runs.selectAlso(range.filter(runId => runId !== undefined));
    go(Math.max(0, next), active.column);
  };

  return event => {
    if (event.target !== event.currentTarget) {
      return;
    }
    const key = keyName(event);
    const act =
      moves[key] ??
      (run ? onRun[key] && (() => onRun[key](run.run_id)) : onHeader[key]);
    if (act) {
      act();
      event.preventDefault();
      event.stopPropagation();
    }
  };
}

/** `Ctrl+Home`, with the command key of a Mac counted as Ctrl. */
function keyName(event: React.KeyboardEvent): string {
  const parts = [
    (event.ctrlKey || event.metaKey) && 'Ctrl',
    event.altKey && 'Alt',
    event.shiftKey && 'Shift',
    event.key
  ];
  return parts.filter(Boolean).join('+');
}
