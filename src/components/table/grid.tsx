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
import {
  useVirtualizer,
  VirtualItem,
  Virtualizer
} from '@tanstack/react-virtual';
import { columnWidth, CURVE, NAME } from '../../model/columns';
import type { RunTableModel } from '../../model/table';
import { useModel, useServices } from '../services';
import { Cell } from './cell';
import { cellFrame, ICellFrame, ILineState, placeOf } from './frame';
import { openColumnMenu } from './columnmenu';
import { HeaderContent } from './header';
import { HEADER, ICellPlace, useGridKeys } from './keys';

const ROW_HEIGHT = 28;
const HEADER_HEIGHT = 40;

/** Rows and columns around those in view that are in the page, too. */
const ROWS_AROUND = 5;
const COLUMNS_AROUND = 1;

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
  const tree = useRef<HTMLDivElement>(null);
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

  const focus = useStable(() => tree.current?.focus({ preventScroll: true }));
  const openMenu = useStable((column: string, at: { x: number; y: number }) =>
    openColumnMenu({ model, column, trans, at, onClose: focus })
  );
  const onKeyDown = useGridKeys({
    model,
    columns,
    active,
    page: Math.max(1, inView.length - 2 * ROWS_AROUND),
    cell: () => document.getElementById(id),
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
    left,
    gap: (shownColumns[0]?.start ?? left) - left,
    onDone: useStable(() => {
      setEditing(null);
      focus();
    })
  };
  const inRow = (place: ICellPlace | null, index: number) =>
    place?.row === index ? place.column : null;
  const slots = useSlots(rowItems);
  const lines = slots.map(({ item: { index, start }, slot }) => ({
    ...stateOf(model, index, mlops.runs.selection),
    key: slot,
    index,
    top: start,
    active: inRow(active, index),
    editing: inRow(editing, index)
  }));

  return (
    <div
      ref={scroll}
      className="jp-MLOps-grid"
      tabIndex={-1}
      onFocus={event => event.target === event.currentTarget && focus()}
      onMouseDown={press}
      onMouseOver={event => markHovered(event.currentTarget, event.target)}
      onMouseLeave={event => markHovered(event.currentTarget, null)}
      onDoubleClick={event => setEditing(placeOf(event.target))}
      onScroll={event => {
        model.follow = event.currentTarget.scrollTop < ROW_HEIGHT;
      }}
    >
      <div
        role="presentation"
        style={{
          width: columnItems.getTotalSize(),
          height: rowItems.getTotalSize()
        }}
      >
        <div
          ref={tree}
          role="treegrid"
          className="jp-MLOps-treegrid"
          aria-label={trans.__('Table of runs')}
          aria-rowcount={model.totalIsExact ? rows.count + 1 : -1}
          aria-colcount={columns.length}
          aria-multiselectable
          aria-activedescendant={id}
          tabIndex={0}
          onKeyDown={onKeyDown}
        >
          <Head
            {...row}
            revision={model.revision}
            active={inRow(active, HEADER)}
            onMenu={openMenu}
          />
          <div
            role="presentation"
            className="jp-MLOps-grid-pinned"
            style={{ width: left, height: `calc(100% - ${HEADER_HEIGHT}px)` }}
          >
            {lines.map(({ key, ...line }) => (
              <Line key={key} {...row} {...line} part="pinned" />
            ))}
          </div>
        </div>
        {lines.map(({ key, ...line }) => (
          <Line key={key} {...row} {...line} part="rest" />
        ))}
      </div>
    </div>
  );
}

type Rows = Virtualizer<HTMLDivElement, Element>;

/** What the rows have in common. It stays the same while the user scrolls up and down. */
interface IRowProps {
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

/** The heads of the columns. */
const Head = memo(function Head(
  props: IRowProps & {
    /** Of the model: the heads show how it sorts. */
    revision: number;
    onMenu: (column: string, at: { x: number; y: number }) => void;
  }
): JSX.Element {
  const { end, first, fixed, model, onMenu } = props;
  const ariaSort = (column: string) => {
    const key = model.sort.find(each => each.id === column);
    return key && (key.descending ? 'descending' : 'ascending');
  };
  const head = (frame: ICellFrame) => (
    <div
      key={frame.column}
      role="columnheader"
      aria-sort={ariaSort(frame.column)}
      {...cellFrame(frame)}
    >
      <HeaderContent model={model} column={frame.column} onMenu={onMenu} />
    </div>
  );
  return (
    <div
      role="row"
      aria-rowindex={1}
      data-row={HEADER}
      className="jp-MLOps-grid-row jp-MLOps-grid-header"
      style={{ height: HEADER_HEIGHT }}
    >
      <div role="presentation" className="jp-MLOps-grid-pinned">
        {framesOf(props, 0, fixed).map(head)}
      </div>
      <Gap width={props.gap} />
      {framesOf(props, first, end).map(head)}
    </div>
  );
});

function stateOf(
  model: RunTableModel,
  index: number,
  selection: ReadonlySet<string>
): ILineState {
  const row = model.rows.at(index);
  if (!row) {
    return { kind: null, level: 0, expanded: false, selected: false };
  }
  const { kind, level, expanded } = row;
  if (row.kind === 'group') {
    return { kind, group: row.group, level, expanded, selected: false };
  }
  const { run } = row;
  return {
    ...{ kind, run, level, expanded },
    curve: run && model.sparklines.get(run),
    selected: run !== undefined && selection.has(run.run_id)
  };
}

/**
 * A row, which has the cells that are pinned and owns the rest, which scrolls to the side. All that
 * is pinned sticks as one: a sticky cell in each row would be a layer of its own, and the
 * browser puts all layers together in each frame.
 *
 * Drawn again only when something in it changes: most of scrolling moves rows that are there.
 */
const Line = memo(function Line(
  props: IRowProps &
    ILineState & {
      part: 'pinned' | 'rest';
      index: number;
      top: number;
      /** The column that is written into. */
      editing: number | null;
    }
): JSX.Element {
  const { expanded, group, index, model, run, selected } = props;
  const level = { '--jp-mlops-level': props.level };
  const rest = `${props.id}-${index}`;
  const frame = {
    className: 'jp-MLOps-grid-row',
    'data-row': index,
    'data-kind': props.kind,
    'data-selected': selected || undefined,
    'data-editing': props.editing === null ? undefined : true
  };
  const cell = (place: ICellFrame) => (
    <Cell
      key={place.column}
      {...place}
      {...{ model, run, group, onDone: props.onDone }}
      {...ownState(props, place)}
    />
  );
  if (props.part === 'rest') {
    const { gap, left, top } = props;
    const width = gap + sum(props.widths.slice(props.first, props.end));
    const style = { ...level, top, width, insetInlineStart: left };
    return (
      <div role="presentation" id={rest} {...frame} style={style}>
        <Gap width={props.gap} />
        {framesOf(props, props.first, props.end).map(cell)}
      </div>
    );
  }
  const folds = group !== undefined || (run?.child_count ?? 0) > 0;
  return (
    <div
      role="row"
      aria-owns={rest}
      aria-rowindex={index + 2}
      aria-level={props.level + 1}
      aria-expanded={folds ? expanded : undefined}
      aria-selected={group ? undefined : selected}
      aria-busy={group || run ? undefined : true}
      data-run-id={run?.run_id}
      {...frame}
      style={{ ...level, top: props.top - HEADER_HEIGHT, width: props.left }}
    >
      {framesOf(props, 0, props.fixed).map(cell)}
    </div>
  );
});

/** A cell gets only what it shows, so that it is left alone when something else changes. */
function ownState(
  line: ILineState & { readonly editing: number | null },
  { at, column }: ICellFrame
): Partial<ILineState> & { editing?: boolean } {
  const { curve, expanded, level, selected } = line;
  return {
    ...(column === NAME && { expanded, level, selected }),
    ...(column === CURVE && { curve }),
    ...(at === line.editing && { editing: true })
  };
}

/** Room for the columns that are out of view. */
function Gap(props: { width: number }): JSX.Element {
  return (
    <div role="presentation" style={{ flex: 'none', width: props.width }} />
  );
}

/** The cells of some columns of a row. */
function framesOf(props: IRowProps, from: number, to: number): ICellFrame[] {
  const { columns, fixed, widths } = props;
  return columns.slice(from, to).map((column, i) => ({
    column,
    at: from + i,
    width: widths[from + i],
    pinned: from + i < fixed,
    id: props.active === from + i ? props.id : undefined
  }));
}

/** Mark both parts of the row that the pointer is over. */
function markHovered(grid: Element, target: EventTarget | null): void {
  const row = (target as Element | null)?.closest<HTMLElement>('[data-row]');
  grid
    .querySelectorAll('[data-hovered]')
    .forEach(part => part.removeAttribute('data-hovered'));
  grid
    .querySelectorAll(`[data-row="${row?.dataset.row ?? ''}"]`)
    .forEach(part => part.setAttribute('data-hovered', 'true'));
}

/** With Shift, all rows from the active one are selected; with Ctrl, this one is, or no more. */
function usePress(
  model: RunTableModel,
  active: ICellPlace,
  setActive: (place: ICellPlace) => void,
  focus: () => void
): (event: React.MouseEvent) => void {
  const { runs } = useServices().mlops;
  return useStable((event: React.MouseEvent) => {
    const place = placeOf(event.target);
    if (!place) {
      return;
    }
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

/**
 * Elements in which rows are shown. Those that leave the view at one end are taken for those that
 * come at the other: new ones would cost the browser five times as much. While the user scrolls they
 * stay in their order, which costs, too; then they stand as the rows do, for those who hear them.
 */
function useSlots(rows: Rows): { item: VirtualItem; slot: number }[] {
  const items = rows.getVirtualItems();
  const from = items[0]?.index ?? 0;
  const [start, setStart] = useState(from);
  if (!rows.isScrolling && start !== from) {
    setStart(from);
  }
  const inView = Math.ceil((rows.scrollRect?.height ?? 0) / ROW_HEIGHT) + 1;
  const count = Math.max(items.length, inView + 2 * ROWS_AROUND);
  const rank = (slot: number) => (slot - (start % count) + count) % count;
  return items
    .map(item => ({ item, slot: item.index % count }))
    .sort((a, b) => rank(a.slot) - rank(b.slot));
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

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
