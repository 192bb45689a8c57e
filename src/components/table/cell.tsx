import type { Run } from '../../api/types';
import { cellNumber, cellText, NAME, parseColumn } from '../../model/columns';
import { CommandIDs } from '../../tokens';
import { Ago, Value } from '../basics';
import { useServices } from '../services';
import { RunDuration, StatusMark } from '../status';

/** What a run has in a column. Texts of runs can be anything, and are shown as text. */
export function CellContent(props: {
  run: Run;
  column: string;
  selected: boolean;
}): JSX.Element | null {
  const { run, column } = props;
  switch (column) {
    case NAME:
      return <NameCell run={run} selected={props.selected} />;
    case 'attributes.status':
      return <StatusMark status={run.status} />;
    case 'attributes.start_time':
      return <Ago time={run.start_time} />;
    case 'attributes.duration':
      return <RunDuration run={run} />;
    default:
      return parseColumn(column).kind === 'metrics' ? (
        <NumberCell value={cellNumber(run, column)} />
      ) : (
        <TextCell text={cellText(run, column)} />
      );
  }
}

function NumberCell(props: { value: number | null }): JSX.Element | null {
  return props.value === null ? null : <Value value={props.value} />;
}

function TextCell(props: { text: string }): JSX.Element {
  return (
    <span className="jp-MLOps-cell-text" title={props.text}>
      {props.text}
    </span>
  );
}

/** Selects the run, or opens it. The grid has the keyboard, and does both with Space and Enter. */
function NameCell(props: { run: Run; selected: boolean }): JSX.Element {
  const { commands, mlops, trans } = useServices();
  const { run } = props;
  return (
    <>
      <input
        type="checkbox"
        aria-label={trans.__('Select %1', run.name)}
        tabIndex={-1}
        checked={props.selected}
        onChange={event => mlops.runs.select(run.run_id, event.target.checked)}
      />
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
