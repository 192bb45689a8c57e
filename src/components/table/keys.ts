import { columnWidth, isEditable, isSortable, NAME } from '../../model/columns';
import { forward } from '../../model/direction';
import type { RunTableModel } from '../../model/table';
import { attempt } from '../../report';
import { CommandIDs } from '../../tokens';
import { useServices } from '../services';

/** The row of the column heads. */
export const HEADER = -1;

/** How much wider or narrower a column becomes at once, by keyboard. */
export const WIDTH_STEP = 40;

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
  /** Write into a cell. */
  readonly edit: (place: ICellPlace) => void;
  readonly openMenu: (column: string, at: { x: number; y: number }) => void;
}

/** The keys of a grid: arrows move, Enter opens or sorts, Space selects, the menu key shows more. */
export function useGridKeys(
  grid: IGridKeys
): (event: React.KeyboardEvent) => void {
  const { commands, mlops } = useServices();
  const { active, model, columns } = grid;
  const column = columns[active.column];
  const row = active.row === HEADER ? undefined : model.rows.at(active.row);
  const run = row?.kind === 'run' ? row.run : undefined;
  const { selection } = mlops.runs;

  const go = (row: number, to: number) =>
    grid.move({
      row: Math.max(HEADER, Math.min(model.rows.count - 1, row)),
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
    'Ctrl+End': () => go(model.rows.count - 1, columns.length - 1)
  };

  const onHeader: Readonly<Record<string, () => void>> = {
    Enter: () => isSortable(column) && void model.sortBy(column, false),
    'Shift+Enter': () => isSortable(column) && void model.sortBy(column, true),
    ContextMenu: () => openMenu(),
    'Shift+F10': () => openMenu(),
    'Alt+ArrowDown': () => openMenu(),
    'Shift+ArrowRight': () => resize(WIDTH_STEP),
    'Shift+ArrowLeft': () => resize(-WIDTH_STEP),
    'Alt+Shift+ArrowRight': () => shift(1),
    'Alt+Shift+ArrowLeft': () => shift(-1),
    p: () => column !== NAME && model.togglePin(column)
  };
  const resize = (step: number) =>
    model.resizeColumn(column, columnWidth(model.layout, column) + step);
  const shift = (step: number) => {
    if (column !== NAME) {
      model.moveColumn(column, step);
      // The keyboard goes along with the column.
      go(HEADER, 1 + model.shown.indexOf(column));
    }
  };
  const openMenu = () => {
    const place = grid.cell(active)?.getBoundingClientRect();
    grid.openMenu(column, { x: place?.left ?? 0, y: place?.bottom ?? 0 });
  };

  const marked = (runId: string) =>
    selection.has(runId) ? [...selection] : [runId];
  const onRun: Readonly<Record<string, (runId: string) => void>> = {
    ' ': runId => mlops.runs.select(runId, !selection.has(runId)),
    'Shift+ArrowDown': () => extend(1),
    'Shift+ArrowUp': () => extend(-1),
    Enter: runId =>
      isEditable(column)
        ? grid.edit(active)
        : void commands.execute(CommandIDs.openRun, { runId }),
    F2: () => isEditable(column) && grid.edit(active),
    Delete: runId => {
      const { deleted } = model.query;
      const command = deleted ? CommandIDs.eraseRuns : CommandIDs.deleteRuns;
      void commands.execute(command, { runIds: marked(runId) });
    },
    e: runId =>
      void commands.execute(
        model.query.archived
          ? CommandIDs.unarchiveRuns
          : CommandIDs.archiveRuns,
        { runIds: marked(runId) }
      ),
    t: runId =>
      void commands.execute(CommandIDs.tagRun, { runIds: marked(runId) })
  };

  const extend = (step: number) => {
    const next = active.row + step;
    mlops.runs.selectAlso(model.runIds(active.row, next));
    go(Math.max(0, next), active.column);
  };

  const folds = row?.kind === 'group' || (run?.child_count ?? 0) > 0;
  /** In a line that has others in it, the arrows fold first and move then. */
  const fold = (key: string): (() => void) | undefined => {
    const open = key === 'ArrowRight';
    const turns =
      (open || key === 'ArrowLeft') &&
      active.column === 0 &&
      open !== row?.expanded;
    const enters = row?.kind === 'group' && (key === 'Enter' || key === ' ');
    return row && folds && (turns || enters)
      ? () => void model.expand(row, !row.expanded)
      : undefined;
  };
  const selectAll = () =>
    void attempt(async () => mlops.runs.selectAlso(await model.matching()));

  return event => {
    if (event.target !== event.currentTarget) {
      return;
    }
    const key = keyName(event);
    const act =
      fold(key) ??
      moves[key] ??
      (key === 'Ctrl+a' ? selectAll : undefined) ??
      (active.row === HEADER
        ? onHeader[key]
        : run && onRun[key] && (() => onRun[key](run.run_id)));
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
    forward(event.key)
  ];
  return parts.filter(Boolean).join('+');
}
