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
import { columnWidth, NAME } from '../../model/columns';
import type { IGroupLine, TableRow } from '../../model/rows';
import type { Curve, Run, RunGroup } from '../../api/types';
import type { RunTableModel } from '../../model/table';
import { useModel, useServices } from '../services';
import { CellContent } from './cell';
import { openColumnMenu } from './columnmenu';
import { GroupCell } from './groupcell';
import { HeaderContent } from './header';
import { HEADER, ICellPlace, useGridKeys } from './keys';

const ROW_HEIGHT = 28;
const HEADER_HEIGHT = 40;

/** Rows and columns around those in view that are in the page, too. */
const ROWS_AROUND = 10;
const COLUMNS_AROUND = 2;

/**
 * Runs in rows, of which only those in view are in the page; the same holds for columns. The
 * grid itself has the focus and says which cell is active, so no row that leaves takes it along.
 */
export function RunGrid(props: { model: RunTableModel }): JSX.Element {
  const { mlops, trans } = useServices();
  const model = useModel(props.model);
  useModel(mlops.runs);
  useModel(model.sparklines);
  const id = useId();
  const scroll = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState<ICellPlace>({ row: 0, column: 0 });
  const [editing, setEditing] = useState<ICellPlace | null>(null);
  const { layout, rows, shown } = model;
  const names = shown.join('\n');
  const columns = useMemo(
    () => [NAME, ...names.split('\n').filter(Boolean)],
    [names]
  );
  const widths = useMemo(
    () => columns.map(column => columnWidth(layout, column)),
    [columns, layout]
  );
  const fixed = usePinned(scroll, 1 + layout.pinned.length, widths);
  const left = sum(widths.slice(0, fixed));

  // No compiler memoizes this code.
  // eslint-disable-next-line react-hooks/incompatible-library
  const rowItems = useVirtualizer({
    count: rows.count,
    getScrollElement: () => scroll.current,
    estimateSize: () => ROW_HEIGHT,
    paddingStart: HEADER_HEIGHT,
    scrollPaddingStart: HEADER_HEIGHT,
    overscan: ROWS_AROUND
  });
  const columnItems = useVirtualizer({
    horizontal: true,
    count: columns.length - fixed,
    getScrollElement: () => scroll.current,
    estimateSize: index => widths[fixed + index],
    paddingStart: left,
    scrollPaddingStart: left,
    overscan: COLUMNS_AROUND
  });
  useEffect(() => columnItems.measure(), [columnItems, widths, fixed]);

  const inView = rowItems.getVirtualItems();
  const shownColumns = columnItems.getVirtualItems();
  const first = fixed + (shownColumns[0]?.index ?? 0);
  const end = first + shownColumns.length;
  useLook(model, inView, [
    ...columns.slice(0, fixed),
    ...columns.slice(first, end)
  ]);
  useStart(model.epoch, () => {
    rowItems.scrollToOffset(0);
    setActive(({ row, column }) => ({ row: Math.min(row, 0), column }));
  });

  const cellId = (place: ICellPlace) => idOf(id, place);
  const focus = useStable(() => scroll.current?.focus());
  const openMenu = (column: string, at: { x: number; y: number }) =>
    openColumnMenu({ model, column, trans, at, onClose: focus });
  const onKeyDown = useGridKeys({
    model,
    columns,
    active,
    page: Math.max(1, inView.length - 2 * ROWS_AROUND),
    cell: place => document.getElementById(cellId(place)),
    openMenu,
    edit: setEditing,
    move: place => {
      setActive(place);
      if (place.row !== HEADER) {
        rowItems.scrollToIndex(place.row);
      }
      if (place.column >= fixed) {
        columnItems.scrollToIndex(place.column - fixed);
      } else {
        columnItems.scrollToOffset(0);
      }
    }
  });
  const press = usePress(model, active, setActive, focus);

  const row = {
    model,
    id,
    columns,
    widths,
    fixed,
    first,
    end,
    gap: (shownColumns[0]?.start ?? left) - left,
    onPress: press,
    onEdit: setEditing,
    onDone: useStable(() => {
      setEditing(null);
      focus();
    })
  };
  const inRow = (place: ICellPlace | null, index: number) =>
    place?.row === index ? place.column : null;

  return (
    <div
      ref={scroll}
      role="treegrid"
      className="jp-MLOps-grid"
      aria-label={trans.__('Table of runs')}
      aria-rowcount={model.totalIsExact ? rows.count + 1 : -1}
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
            active={inRow(active, HEADER)}
            content={column => (
              <HeaderContent model={model} column={column} onMenu={openMenu} />
            )}
          />
        </div>
        {inView.map(item => (
          <Line
            key={item.index}
            {...row}
            {...stateOf(model, item.index, mlops.runs.selection)}
            index={item.index}
            top={item.start}
            active={inRow(active, item.index)}
            editing={inRow(editing, item.index)}
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
  readonly onPress: (event: React.MouseEvent, place: ICellPlace) => void;
  readonly onEdit: (place: ICellPlace) => void;
  /** The user has written what there was to write. */
  readonly onDone: () => void;
}

/** What a row shows; values that stay the same let it be. */
interface ILineState {
  readonly row: TableRow['kind'] | null;
  /** Undefined until it is loaded. */
  readonly run?: Run;
  readonly group?: RunGroup;
  readonly curve?: Curve;
  readonly level: number;
  readonly expanded: boolean;
  readonly selected: boolean;
}

function stateOf(
  model: RunTableModel,
  index: number,
  selection: ReadonlySet<string>
): ILineState {
  const row = model.rows.at(index);
  if (!row) {
    return { row: null, level: 0, expanded: false, selected: false };
  }
  const { kind, level, expanded } = row;
  if (row.kind === 'group') {
    return { row: kind, group: row.group, level, expanded, selected: false };
  }
  const { run } = row;
  return {
    ...{ row: kind, run, level, expanded },
    curve: run && model.sparklines.get(run),
    selected: run !== undefined && selection.has(run.run_id)
  };
}

/** Drawn again only when something in it changes: most of scrolling moves rows that are there. */
const Line = memo(function Line(
  props: IRowProps &
    ILineState & {
      index: number;
      top: number;
      active: number | null;
      /** The column that is written into. */
      editing: number | null;
    }
): JSX.Element {
  const { columns, expanded, group, index, level, model, run } = props;
  const folds = group !== undefined || (run?.child_count ?? 0) > 0;
  const content = (column: string) => {
    if (group) {
      const row: IGroupLine = { kind: 'group', group, level: 0, expanded };
      return <GroupCell model={model} row={row} column={column} />;
    }
    if (!run) {
      return column === NAME && <span className="jp-MLOps-hint">…</span>;
    }
    const at = props.editing === null ? null : columns[props.editing];
    return (
      <CellContent
        {...{ model, run, column, level, expanded }}
        curve={props.curve}
        selected={props.selected}
        editing={at === column}
        onDone={props.onDone}
      />
    );
  };
  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-level={level + 1}
      aria-expanded={folds ? expanded : undefined}
      aria-selected={group ? undefined : props.selected}
      aria-busy={group || run ? undefined : true}
      className="jp-MLOps-grid-row"
      data-run-id={run?.run_id}
      data-kind={props.row}
      style={
        {
          position: 'absolute',
          top: props.top,
          height: ROW_HEIGHT,
          '--jp-mlops-level': level
        } as React.CSSProperties
      }
    >
      <Cells {...props} content={content} />
    </div>
  );
});

/** Pinned cells, room for those out of view, those in view. */
function Cells(
  props: IRowProps & {
    index: number;
    /** The column that the keyboard is in; null in other rows. */
    active: number | null;
    content: (column: string) => React.ReactNode;
  }
): JSX.Element {
  const { columns, first, end, fixed, index, widths } = props;
  const cell = (at: number, offset?: number) => (
    <div
      key={columns[at]}
      id={idOf(props.id, { row: index, column: at })}
      {...cellRole(props.model, index, columns[at])}
      aria-colindex={at + 1}
      className="jp-MLOps-cell"
      data-column={columns[at]}
      data-pinned={offset !== undefined}
      data-active={props.active === at}
      style={{ width: widths[at], left: offset }}
      onMouseDown={event => props.onPress(event, { row: index, column: at })}
      onDoubleClick={() => props.onEdit({ row: index, column: at })}
    >
      {props.content(columns[at])}
    </div>
  );
  return (
    <>
      {columns
        .slice(0, fixed)
        .map((_, at) => cell(at, sum(widths.slice(0, at))))}
      <div role="presentation" style={{ flex: 'none', width: props.gap }} />
      {columns.slice(first, end).map((_, at) => cell(first + at))}
    </>
  );
}

/** With Shift, all rows from the active one are selected; with Ctrl, this one is, or no more. */
function usePress(
  model: RunTableModel,
  active: ICellPlace,
  setActive: (place: ICellPlace) => void,
  focus: () => void
): (event: React.MouseEvent, place: ICellPlace) => void {
  const { runs } = useServices().mlops;
  return useStable((event: React.MouseEvent, place: ICellPlace) => {
    const row = place.row === HEADER ? undefined : model.rows.at(place.row);
    const run = row?.kind === 'run' ? row.run : undefined;
    if (run && event.shiftKey) {
      runs.selectAlso(model.runIds(active.row, place.row));
      // The browser would mark the text between.
      event.preventDefault();
      focus();
    } else if (run && (event.ctrlKey || event.metaKey)) {
      runs.select(run.run_id, !runs.selection.has(run.run_id));
    }
    setActive(place);
  });
}

/** Tell the model what is in view. */
function useLook(
  model: RunTableModel,
  inView: readonly { index: number }[],
  ids: readonly string[]
): void {
  const from = inView[0]?.index ?? 0;
  const to = (inView[inView.length - 1]?.index ?? -1) + 1;
  const names = ids.join('\n');
  const { count } = model.rows;
  useEffect(() => {
    // A tab that is hidden shows nothing.
    if (names !== '') {
      model.look(from, to, names.split('\n'));
    }
  }, [model, from, to, names, count, model.epoch]);
}

/** Do something whenever the table begins anew, but not at its first time. */
function useStart(epoch: number, act: () => void): void {
  const last = useRef(epoch);
  const stable = useStable(act);
  useEffect(() => {
    if (last.current !== epoch) {
      last.current = epoch;
      stable();
    }
  }, [epoch, stable]);
}

/** How many columns stay at the left: where there is no room for others, they scroll, too. */
function usePinned(
  scroll: React.RefObject<HTMLElement>,
  pinned: number,
  widths: readonly number[]
): number {
  const [room, setRoom] = useState(Infinity);
  useLayoutEffect(() => {
    const node = scroll.current;
    if (!node) {
      return;
    }
    const observer = new ResizeObserver(() => setRoom(node.clientWidth / 2));
    observer.observe(node);
    return () => observer.disconnect();
  }, [scroll]);
  let fixed = Math.min(pinned, widths.length);
  while (fixed > 0 && sum(widths.slice(0, fixed)) > Math.max(room, 0)) {
    fixed -= 1;
  }
  return fixed;
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
