import { memo, useRef, useState } from 'react';
import { Sparkline } from '../../charts/sparkline';
import type { Run } from '../../api/types';
import {
  cellNumber,
  cellText,
  CURVE,
  NAME,
  NOTE,
  parseColumn,
  TAGS
} from '../../model/columns';
import { numberParts } from '../../model/format';
import type { IGroupLine, IRunLine } from '../../model/rows';
import type { RunTableModel } from '../../model/table';
import { attempt } from '../../report';
import { CommandIDs } from '../../tokens';
import { RunValue } from '../runvalue';
import { useServices } from '../services';
import { TagChips, TagField } from '../tags';
import { Fold } from './fold';
import { cellFrame, ICellFrame, ILineState, isNumber } from './frame';
import { GroupCell } from './groupcell';

interface ICellProps extends ICellFrame, Partial<ILineState> {
  readonly model: RunTableModel;
  /** Whether the user writes into it. */
  readonly editing?: boolean;
  readonly onDone: () => void;
}

/** What a cell of a run needs. */
type RunCellProps = ICellProps & { readonly run: Run };

/**
 * What a run or a group has in a column. Texts of runs can be anything, and are shown as text.
 * A number or a text is one element, since a table has hundreds of them in view.
 */
export const Cell = memo(function Cell(props: ICellProps): JSX.Element {
  const { column, run } = props;
  const { style, ...frame } = cellFrame(props);
  const plain = run && !props.editing ? plainCell(run, column) : null;
  return (
    <div
      role={column === NAME ? 'rowheader' : 'gridcell'}
      {...frame}
      data-kind={plain ? plain.kind : kindOf(props)}
      data-editing={props.editing}
      title={plain?.title || undefined}
      style={{ ...style, ...plain?.style }}
    >
      {plain ? plain.text : <CellContent {...props} />}
    </div>
  );
});

interface IPlainCell {
  readonly kind: 'number' | 'text' | undefined;
  readonly text: string;
  readonly title: string;
  readonly style?: React.CSSProperties;
}

const EMPTY: IPlainCell = { kind: undefined, text: '', title: '' };

/** A cell with nothing but a number or a text in it; null for all others. */
function plainCell(run: Run, column: string): IPlainCell | null {
  if (parseColumn(column).kind === 'metrics') {
    const value = cellNumber(run, column);
    if (value === null) {
      return EMPTY;
    }
    const { text, title, room } = numberParts(value);
    const style = { paddingInlineEnd: `calc(8px + ${room}ch)` };
    return { kind: 'number', text, title, style };
  }
  if (DRAWN.has(column)) {
    return null;
  }
  const text = cellText(run, column);
  return text ? { kind: 'text', text, title: text } : EMPTY;
}

/** How a cell is drawn that holds more than a text. */
function kindOf({ column, editing }: ICellProps): string | undefined {
  return isNumber(column) ? 'end' : editing ? undefined : 'drawn';
}

/** Columns that are more than a text. */
const DRAWN = new Set([
  NAME,
  CURVE,
  TAGS,
  'attributes.status',
  'attributes.start_time',
  'attributes.duration'
]);

function CellContent(props: ICellProps): JSX.Element | null {
  const { model, run, group, column } = props;
  if (group) {
    const expanded = props.expanded ?? false;
    const row: IGroupLine = { kind: 'group', group, level: 0, expanded };
    return <GroupCell model={model} row={row} column={column} />;
  }
  if (!run) {
    return column === NAME ? <span className="jp-MLOps-hint">…</span> : null;
  }
  switch (column) {
    case NAME:
      return <NameCell {...props} run={run} />;
    case CURVE:
      return <CurveCell {...props} />;
    case TAGS:
      return <TagsCell {...props} run={run} />;
    case NOTE:
      return <NoteField run={run} onDone={props.onDone} />;
    default:
      return <RunValue run={run} column={column} />;
  }
}

/** The course of the key metric, and where it has got to. */
function CurveCell(props: ICellProps): JSX.Element | null {
  const { trans } = useServices();
  const { curve } = props;
  if (!curve) {
    return null;
  }
  return (
    <>
      <Sparkline curve={curve} label={trans.__('Course of %1', curve.key)} />
      <span className="jp-MLOps-cell-text jp-MLOps-hint" title={curve.key}>
        {curve.key}
      </span>
    </>
  );
}

function TagsCell(props: RunCellProps): JSX.Element {
  const { mlops } = useServices();
  const { run } = props;
  const onSet = async (tags: Record<string, string | null>) => {
    await mlops.runs.tag([run.run_id], tags);
  };
  return props.editing ? (
    <TagField onSet={onSet} onClose={props.onDone} />
  ) : (
    <span className="jp-MLOps-cell-tags">
      <TagChips tags={run.tags} tabIndex={-1} onSet={onSet} />
    </span>
  );
}

/** Enter keeps what is written, Escape leaves it as it was. */
function NoteField(props: { run: Run; onDone: () => void }): JSX.Element {
  const { mlops, trans } = useServices();
  const { run, onDone } = props;
  const [text, setText] = useState(run.note);
  // When the keyboard goes back to the grid, the field loses it.
  const done = useRef(false);
  const leave = () => {
    done.current = true;
    onDone();
  };
  const keep = () => {
    if (done.current) {
      return;
    }
    leave();
    if (text !== run.note) {
      void attempt(() => mlops.runs.setNote(run.run_id, text));
    }
  };
  return (
    <input
      type="text"
      className="jp-MLOps-input"
      aria-label={trans.__('Note of %1', run.name)}
      value={text}
      autoFocus
      onChange={event => setText(event.target.value)}
      onBlur={keep}
      onKeyDown={event => {
        if (event.key === 'Enter') {
          keep();
        } else if (event.key === 'Escape') {
          leave();
        }
        // The keys of the grid are not meant.
        event.stopPropagation();
      }}
    />
  );
}

/** Selects the run, or opens it. The grid has the keyboard, and does both with Space and Enter. */
function NameCell(props: RunCellProps): JSX.Element {
  const { commands, mlops, trans } = useServices();
  const { model, run, level = 0, expanded = false, selected = false } = props;
  const row: IRunLine = { kind: 'run', run, level, expanded };
  return (
    <>
      <input
        type="checkbox"
        aria-label={trans.__('Select %1', run.name)}
        tabIndex={-1}
        checked={selected}
        onChange={event => mlops.runs.select(run.run_id, event.target.checked)}
      />
      {run.child_count > 0 && <Fold model={model} row={row} name={run.name} />}
      <button
        type="button"
        className="jp-MLOps-run-name"
        tabIndex={-1}
        title={run.name}
        onClick={() =>
          void commands.execute(CommandIDs.openRun, { runId: run.run_id })
        }
      >
        {run.name}
      </button>
      {run.child_count > 0 && (
        <span
          className="jp-MLOps-count"
          title={trans._n('%1 run inside', '%1 runs inside', run.child_count)}
        >
          {run.child_count}
        </span>
      )}
    </>
  );
}
