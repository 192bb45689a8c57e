import { useRef } from 'react';
import { ellipsesIcon } from '@jupyterlab/ui-components';
import { columnWidth, isSortable, parseColumn } from '../../model/columns';
import type { RunTableModel } from '../../model/table';
import { IconButton } from '../basics';
import { useServices } from '../services';
import { columnTitle, kindTitle } from './titles';

/** The head of a column: sorts, opens its menu, and is dragged wider. */
export function HeaderContent(props: {
  model: RunTableModel;
  column: string;
  onMenu: (column: string, at: { x: number; y: number }) => void;
}): JSX.Element {
  const { trans } = useServices();
  const { model, column } = props;
  const title = columnTitle(column, trans);
  const { kind } = parseColumn(column);
  return (
    <>
      <button
        type="button"
        className="jp-MLOps-header-title"
        tabIndex={-1}
        disabled={!isSortable(column)}
        title={trans.__('Sort by %1; with Shift, by others too', column)}
        onClick={event => void model.sortBy(column, event.shiftKey)}
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
          model.resizeColumn(column, width + event.clientX - x);
        }
      }}
      onPointerUp={() => (start.current = null)}
      onPointerCancel={() => (start.current = null)}
    />
  );
}
