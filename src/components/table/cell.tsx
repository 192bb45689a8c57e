import { useRef, useState } from 'react';
import { Sparkline } from '../../charts/sparkline';
import type { Curve, Run } from '../../api/types';
import { CURVE, NAME, NOTE, TAGS } from '../../model/columns';
import type { IRunLine } from '../../model/rows';
import type { RunTableModel } from '../../model/table';
import { attempt } from '../../report';
import { CommandIDs } from '../../tokens';
import { RunValue, TextCell } from '../runvalue';
import { useServices } from '../services';
import { TagChips, TagField } from '../tags';
import { Fold } from './fold';

interface ICellProps {
  readonly model: RunTableModel;
  readonly run: Run;
  readonly curve: Curve | undefined;
  /** How deep it stands in other runs, and whether those in it are shown. */
  readonly level: number;
  readonly expanded: boolean;
  readonly column: string;
  readonly selected: boolean;
  /** Whether the user writes into it. */
  readonly editing: boolean;
  readonly onDone: () => void;
}

/** What a run has in a column. Texts of runs can be anything, and are shown as text. */
export function CellContent(props: ICellProps): JSX.Element | null {
  const { run, column } = props;
  switch (column) {
    case NAME:
      return <NameCell {...props} />;
    case CURVE:
      return <CurveCell {...props} />;
    case TAGS:
      return <TagsCell {...props} />;
    case NOTE:
      return props.editing ? (
        <NoteField run={run} onDone={props.onDone} />
      ) : (
        <TextCell text={run.note} />
      );
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

function TagsCell(props: ICellProps): JSX.Element {
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
function NameCell(props: ICellProps): JSX.Element {
  const { commands, mlops, trans } = useServices();
  const { model, run, level, expanded } = props;
  const row: IRunLine = { kind: 'run', run, level, expanded };
  return (
    <>
      <input
        type="checkbox"
        aria-label={trans.__('Select %1', run.name)}
        tabIndex={-1}
        checked={props.selected}
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
