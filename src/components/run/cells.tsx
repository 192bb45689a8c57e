import type { Execution } from '../../api/types';
import { Ago, Nothing, Problem } from '../basics';
import { Code, Outputs, WhenVisible } from '../hosted';
import { Redacted } from '../redacted';
import { useFetched, useServices } from '../services';
import { Duration, StatusMark } from '../status';
import { Who } from '../who';

/** Gives an execution with its outputs. */
export type LoadExecution = (executionId: string) => Promise<Execution>;

/** Executions in the order in which they happened, with outputs. */
export function Cells(props: {
  executions: readonly Execution[];
  load: LoadExecution;
  language?: string;
}): JSX.Element {
  return (
    <ol className="jp-MLOps-plain">
      {props.executions.map(execution => (
        <li key={execution.execution_id} className="jp-MLOps-execution">
          <ExecutionHead execution={execution} />
          <Code source={execution.source} language={props.language} />
          <RedactedSource source={execution.source} />
          <WhenVisible>
            {() => <LoadedOutputs execution={execution} load={props.load} />}
          </WhenVisible>
        </li>
      ))}
    </ol>
  );
}

/** Says what was taken out of the source of a cell. */
export function RedactedSource(props: { source: string }): JSX.Element {
  const { trans } = useServices();
  return <Redacted where={trans.__('the source')} text={props.source} />;
}

/** Where in the session's order, how it went, how long. */
export function ExecutionHead(props: { execution: Execution }): JSX.Element {
  const { trans } = useServices();
  const { execution } = props;
  return (
    <div className="jp-MLOps-execution-head">
      <span
        className="jp-MLOps-sequence"
        title={trans.__('Position in the order of the session')}
      >
        {execution.sequence}
      </span>
      <StatusMark status={execution.status} />
      <Duration
        start={execution.started_at}
        end={execution.ended_at}
        running={execution.status === 'running'}
      />
      <Ago time={execution.started_at} />
      <Who user={execution.user} />
    </div>
  );
}

/** Outputs, fetched when they come into view. */
export function LoadedOutputs(props: {
  execution: Execution;
  load: LoadExecution;
}): JSX.Element | null {
  const { trans } = useServices();
  const { execution_id, ended_at } = props.execution;
  const { value, error } = useFetched(`${execution_id} ${ended_at}`, () =>
    props.load(execution_id)
  );
  if (error) {
    return <Problem>{error}</Problem>;
  }
  if (!value || value.outputs.length === 0) {
    return null;
  }
  return (
    <>
      <Outputs outputs={value.outputs} />
      <Redacted
        where={trans.__('the outputs')}
        text={JSON.stringify(value.outputs)}
      />
      {value.truncated && (
        <Nothing>
          {trans.__('The outputs were cut at the recorded limit.')}
        </Nothing>
      )}
    </>
  );
}
