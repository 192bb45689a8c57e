import { useRef } from 'react';
import { ellipsesIcon } from '@jupyterlab/ui-components';
import {
  columnWidth,
  isSortable,
  NAME,
  parseColumn
} from '../../model/columns';
import { isRightToLeft } from '../../model/direction';
import type { RunTableModel } from '../../model/table';
import { IconButton } from '../basics';
import { useServices } from '../services';
import { columnTitle, kindTitle } from './titles';

/** Pixels that a head is moved before that is meant as dragging. */
const FAR = 6;

/** The head of a column: sorts, opens its menu, is dragged to another place, and wider. */
export function HeaderContent(props: {
  model: RunTableModel;
  column: string;
  onMenu: (column: string, at: { x: number; y: number }) => void;
}): JSX.Element {
  const { trans } = useServices();
  const { model, column } = props;
  const title = columnTitle(column, trans);
  const { kind } = parseColumn(column);
  const drag = useColumnDrag(model, column);
  const sortable = isSortable(column);
  return (
    <>
      <button
        type="button"
        className="jp-MLOps-header-title"
        tabIndex={-1}
        aria-disabled={!sortable}
        title={
          sortable
            ? trans.__('Sort by %1; with Shift, by others too', column)
            : column
        }
        {...drag.handlers}
        onClick={event => {
          if (sortable && !drag.hasMoved()) {
            void model.sortBy(column, event.shiftKey);
          }
        }}
      >
        {kind !== 'attributes' && (
          <span className="jp-MLOps-header-kind">{kindTitle(kind, trans)}</span>
        )}
        <span className="jp-MLOps-cell-text">{title}</span>
      </button>
      <SortMark model={model} column={column} />
      <IconButton
        className="jp-MLOps-header-menu"
        icon={ellipsesIcon}
        label={trans.__('Options of the column %1', title)}
        tabIndex={-1}
        onClick={event => {
          const { left, bottom } = event.currentTarget.getBoundingClientRect();
          props.onMenu(column, { x: left, y: bottom });
        }}
      />
      <ResizeHandle model={model} column={column} />
    </>
  );
}

/** For eyes; a screen reader has `aria-sort`. */
function SortMark(props: {
  model: RunTableModel;
  column: string;
}): JSX.Element | null {
  const { sort } = props.model;
  const place = sort.findIndex(each => each.id === props.column);
  if (place < 0) {
    return null;
  }
  return (
    <span className="jp-MLOps-header-sort" aria-hidden="true">
      {sort[place].descending ? '↓' : '↑'}
      {sort.length > 1 && place + 1}
    </span>
  );
}

/** Drag a head over another one: the column is put before it, or behind it in its right half. */
function useColumnDrag(
  model: RunTableModel,
  column: string
): {
  handlers: React.DOMAttributes<HTMLElement>;
  hasMoved: () => boolean;
} {
  const start = useRef<number | null>(null);
  const moved = useRef(false);
  const over = useRef<Element | null>(null);
  const mark = (head: Element | null, side: string) => {
    over.current?.removeAttribute('data-drop');
    over.current = head;
    head?.setAttribute('data-drop', side);
  };
  const end = () => {
    mark(null, '');
    start.current = null;
  };
  const handlers: React.DOMAttributes<HTMLElement> = {
    onPointerDown: event => {
      if (column !== NAME && event.button === 0) {
        start.current = event.clientX;
        moved.current = false;
        event.currentTarget.setPointerCapture(event.pointerId);
      }
    },
    onPointerMove: event => {
      if (start.current === null) {
        return;
      }
      moved.current ||= Math.abs(event.clientX - start.current) > FAR;
      const head = document
        .elementsFromPoint(event.clientX, event.clientY)
        .map(node => node.closest('[role="columnheader"]'))
        .find(node => node !== null);
      if (moved.current && head) {
        const { left, width } = head.getBoundingClientRect();
        const isLeft = event.clientX < left + width / 2;
        mark(head, isLeft === isRightToLeft() ? 'behind' : 'before');
      }
    },
    onPointerUp: () => {
      const head = over.current as HTMLElement | null;
      const target = head?.dataset.column;
      const isBehind = head?.dataset.drop === 'behind';
      end();
      if (moved.current && target) {
        const { shown } = model;
        const place = shown.indexOf(target) + (isBehind ? 1 : 0);
        model.placeColumn(column, shown[Math.max(0, place)] ?? null);
      }
    },
    onPointerCancel: end
  };
  return { handlers, hasMoved: () => moved.current };
}

/** Dragged by pointer; by keyboard, the column's menu does the same. */
function ResizeHandle(props: {
  model: RunTableModel;
  column: string;
}): JSX.Element {
  const { model, column } = props;
  const start = useRef<{ x: number; width: number } | null>(null);
  return (
    <span
      className="jp-MLOps-header-handle"
      aria-hidden="true"
      onPointerDown={event => {
        event.currentTarget.setPointerCapture(event.pointerId);
        start.current = {
          x: event.clientX,
          width: columnWidth(model.layout, column)
        };
        event.preventDefault();
      }}
      onPointerMove={event => {
        if (start.current) {
          const { x, width } = start.current;
          const moved = event.clientX - x;
          model.resizeColumn(
            column,
            width + (isRightToLeft() ? -moved : moved)
          );
        }
      }}
      onPointerUp={() => (start.current = null)}
      onPointerCancel={() => (start.current = null)}
    />
  );
}
