import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { columnWidth, NAME } from '../../model/columns';
import { isRightToLeft } from '../../model/direction';
import type { RunTableModel } from '../../model/table';
import { useModel, useServices } from '../services';
import { openColumnMenu } from './columnmenu';
import { placeOf } from './frame';
import {
  ROWS_AROUND,
  useLook,
  usePinned,
  usePress,
  useSlots,
  useStable,
  useStart
} from './gridhooks';
import { Head } from './head';
import { HEADER, ICellPlace, useGridKeys } from './keys';
import { Line, stateOf } from './line';
import { HEADER_HEIGHT, ROW_HEIGHT, sum } from './rowparts';

/** Columns around those in view that are in the page, too. */
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
    isRtl: isRightToLeft(),
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
