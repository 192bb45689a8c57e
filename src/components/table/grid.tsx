import {
  memo,
  useCallback,
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState
} from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import type { Run } from '../../api/types';
import { columnWidth, NAME } from '../../model/columns';
import type { RunTableModel } from '../../model/table';
import { useModel, useServices } from '../services';
import { CellContent } from './cell';
import { openColumnMenu } from './columnmenu';
import { HeaderContent } from './header';
import { HEADER, ICellPlace, useGridKeys } from './keys';

const ROW_HEIGHT = 28;
const HEADER_HEIGHT = 40;

/** Rows before the end at which the next page is fetched. */
const AHEAD = 60;

/**
 * Runs in rows, of which only those in view are in the page; the same holds for columns. The
 * grid itself has the focus and says which cell is active, so no row that leaves takes it along.
 */
export function RunGrid(props: { model: RunTableModel }): JSX.Element {
  const { mlops, trans } = useServices();
  const model = useModel(props.model);
  useModel(mlops.runs);
  const id = useId();
  const scroll = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<ICellPlace>({ row: 0, column: 0 });
  const { layout, runs, shown } = model;
  const names = shown.join('\n');
  const columns = useMemo(
    () => [NAME, ...names.split('\n').filter(Boolean)],
    [names]
  );
  const fixed = 1 + layout.pinned.length;
  const widths = useMemo(
    () => columns.map(column => columnWidth(layout, column)),
    [columns, layout]
  );
  const left = widths.slice(0, fixed).reduce((sum, width) => sum + width, 0);

  // No compiler memoizes this code.
  // eslint-disable-next-line react-hooks/incompatible-library
  const rowItems = useVirtualizer({
    count: runs.length,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_HEIGHT,
    paddingStart: HEADER_HEIGHT,
    scrollPaddingStart: HEADER_HEIGHT,
    overscan: 12
  });
  const columnItems = useVirtualizer({
    horizontal: true,
    count: columns.length - fixed,
    getScrollElement: () => scroll.current,
    estimateSize: index => widths[fixed + index],
    paddingStart: left,
    scrollPaddingStart: left,
    overscan: 2
  });
  useEffect(() => columnItems.measure(), [columnItems, widths]);

  const inView = rowItems.getVirtualItems();
  const last = inView[inView.length - 1]?.index ?? 0;
  useEffect(() => {
    if (last >= runs.length - AHEAD) {
      void model.loadMore();
    }
  }, [last, model, runs.length]);

  const openMenu = (column: string, at: { x: number; y: number }) =>
    openColumnMenu({
      model,
      column,
      trans,
      at,
      onClose: () => scroll.current?.focus()
    });
  const cellId = (place: ICellPlace) => idOf(id, place);
  const onKeyDown = useGridKeys({
    model,
    columns,
    active,
    page: Math.max(1, inView.length - 24),
    cell: place => document.getElementById(cellId(place)),
    openMenu,
    move: place => {
      setActive(place);
      if (place.row !== HEADER) {
        rowItems.scrollToIndex(place.row);
      }
      if (place.column >= fixed) {
        columnItems.scrollToIndex(place.column - fixed);
      }
    }
  });

  /** With Shift, all rows from the active one are selected; with Ctrl, this one is, or no more. */
  const press = (event: React.MouseEvent, place: ICellPlace) => {
    const run = place.row === HEADER ? undefined : runs[place.row];
    if (run && event.shiftKey) {
      const [from, to] = [active.row, place.row].sort((a, b) => a - b);
      const range = runs.slice(Math.max(0, from), to + 1);
      mlops.runs.selectAlso(range.map(each => each.run_id));
      // The browser would mark the text between.
      event.preventDefault();
      scroll.current?.focus();
    } else if (run && (event.ctrlKey || event.metaKey)) {
      const { selection } = mlops.runs;
      mlops.runs.select(run.run_id, !selection.has(run.run_id));
    }
    setActive(place);
  };

  const shownColumns = columnItems.getVirtualItems();
  const first = shownColumns[0]?.index ?? 0;
  const row = {
    model,
    id,
    columns,
    widths,
    fixed,
    first: fixed + first,
    end: fixed + first + shownColumns.length,
    gap: (shownColumns[0]?.start ?? left) - left,
    onPress: useStable(press)
  };
  const activeIn = (index: number) =>
    active.row === index ? active.column : null;

  return (
    <div
      ref={scroll}
      role="grid"
      className="jp-MLOps-grid"
      aria-label={trans.__('Table of runs')}
      aria-rowcount={model.totalIsExact ? model.total + 1 : -1}
      aria-colcount={columns.length}
      aria-multiselectable
      aria-activedescendant={cellId(active)}
      tabIndex={0}
      onKeyDown={onKeyDown}
      onScroll={event => {
        model.follow = event.currentTarget.scrollTop < ROW_HEIGHT;
      }}
    >
      <div
        role="presentation"
        style={{
          position: 'relative',
          width: columnItems.getTotalSize(),
          height: rowItems.getTotalSize()
        }}
      >
        <div
          role="row"
          aria-rowindex={1}
          className="jp-MLOps-grid-row jp-MLOps-grid-header"
          style={{ height: HEADER_HEIGHT }}
        >
          <Cells
            {...row}
            index={HEADER}
            active={activeIn(HEADER)}
            content={column => (
              <HeaderContent model={model} column={column} onMenu={openMenu} />
            )}
          />
        </div>
        {inView.map(item => (
          <RunRow
            key={runs[item.index].run_id}
            {...row}
            run={runs[item.index]}
            index={item.index}
            top={item.start}
            selected={mlops.runs.selection.has(runs[item.index].run_id)}
            active={activeIn(item.index)}
          />
        ))}
      </div>
    </div>
  );
}

/** What the rows have in common. It stays the same while the user scrolls up and down. */
interface IRowProps {
  readonly model: RunTableModel;
  /** Ids of cells begin with it. */
  readonly id: string;
  readonly columns: readonly string[];
  readonly widths: readonly number[];
  /** Columns that are always there, at the left. */
  readonly fixed: number;
  /** Columns in view: from the first to before the end, and the room that those before take. */
  readonly first: number;
  readonly end: number;
  readonly gap: number;
  readonly index: number;
  /** The column that the keyboard is in; null in other rows. */
  readonly active: number | null;
  readonly onPress: (event: React.MouseEvent, place: ICellPlace) => void;
}

/** Drawn again only when something in it changes: most of scrolling moves rows that are there. */
const RunRow = memo(function RunRow(
  props: IRowProps & { run: Run; top: number; selected: boolean }
): JSX.Element {
  const { run, selected } = props;
  return (
    <div
      role="row"
      aria-rowindex={props.index + 2}
      aria-selected={selected}
      className="jp-MLOps-grid-row"
      data-run-id={run.run_id}
      style={{ position: 'absolute', top: props.top, height: ROW_HEIGHT }}
    >
      <Cells
        {...props}
        content={column => (
          <CellContent run={run} column={column} selected={selected} />
        )}
      />
    </div>
  );
});

/** Pinned cells, room for those out of view, those in view. */
function Cells(
  props: IRowProps & { content: (column: string) => React.ReactNode }
): JSX.Element {
  const { columns, first, end, fixed, index, widths } = props;
  const cell = (at: number, offset?: number) => (
    <div
      key={columns[at]}
      id={idOf(props.id, { row: index, column: at })}
      {...cellRole(props.model, index, columns[at])}
      aria-colindex={at + 1}
      className="jp-MLOps-cell"
      data-pinned={offset !== undefined}
      data-active={props.active === at}
      style={{ width: widths[at], left: offset }}
      onMouseDown={event => props.onPress(event, { row: index, column: at })}
    >
      {props.content(columns[at])}
    </div>
  );
  return (
    <>
      {columns
        .slice(0, fixed)
        .map((_, at) => cell(at, sum(widths.slice(0, at))))}
      <div style={{ flex: 'none', width: props.gap }} />
      {columns.slice(first, end).map((_, at) => cell(first + at))}
    </>
  );
}

function idOf(id: string, { row, column }: ICellPlace): string {
  return `${id}-${row}-${column}`;
}

/** A function that stays the same, and does what the last one would have done. */
function useStable<A extends unknown[], R>(
  act: (...args: A) => R
): (...args: A) => R {
  const last = useRef(act);
  useLayoutEffect(() => {
    last.current = act;
  });
  return useCallback((...args: A) => last.current(...args), []);
}

function cellRole(
  model: RunTableModel,
  row: number,
  column: string
): React.HTMLAttributes<HTMLElement> {
  if (row !== HEADER) {
    return { role: column === NAME ? 'rowheader' : 'gridcell' };
  }
  const key = model.sort.find(each => each.id === column);
  const order = key && (key.descending ? 'descending' : 'ascending');
  return { role: 'columnheader', 'aria-sort': order };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
