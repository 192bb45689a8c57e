import type { Run } from '../api/types';
import { cellNumber, cellText, parseColumn } from '../model/columns';
import { Ago, Value } from './basics';
import { RunDuration, StatusMark } from './status';

/** What a run has in a column, to be read. Texts of runs can be anything, and are shown as text. */
export function RunValue(props: {
  run: Run;
  column: string;
}): JSX.Element | null {
  const { run, column } = props;
  switch (column) {
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

/** A text in one line, whole on hover. */
export function TextCell(props: { text: string }): JSX.Element {
  return (
    <span className="jp-MLOps-cell-text" title={props.text}>
      {props.text}
    </span>
  );
}

function NumberCell(props: { value: number | null }): JSX.Element | null {
  return props.value === null ? null : <Value value={props.value} />;
}
