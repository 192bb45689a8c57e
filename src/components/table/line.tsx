import { memo } from 'react';
import { CURVE, NAME } from '../../model/columns';
import type { RunTableModel } from '../../model/table';
import { Cell } from './cell';
import type { ICellFrame, ILineState } from './frame';
import { framesOf, Gap, HEADER_HEIGHT, IRowProps, sum } from './rowparts';

/** What the line at a place shows. */
export function stateOf(
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
export const Line = memo(function Line(
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
      data-archived={run?.archived || undefined}
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
