import { useState } from 'react';
import { SessionModel } from '../model/session';
import { Nothing, Problem } from './basics';
import { DetailsHead } from './detailshead';
import { Cells } from './run/cells';
import { useModel, useOwned, useServices } from './services';

/** Executions that are shown before the user asks for more. */
const PAGE = 30;

/** Everything that was executed in the session of a kernel, the newest first. */
export function SessionView(props: {
  sessionId: string;
  onBack: () => void;
}): JSX.Element {
  const { mlops, trans } = useServices();
  const { session } = useModel(mlops.status);
  const [count, setCount] = useState(PAGE);
  const { sessionId } = props;
  const model = useOwned(
    sessionId,
    () =>
      new SessionModel({
        sessionId,
        client: mlops.client,
        changes: mlops.changes
      })
  );
  const executions = model.executions ?? [];
  const language =
    session?.session_id === sessionId ? session.language : undefined;
  return (
    <div className="jp-MLOps-details">
      <DetailsHead
        title={trans.__('Executions')}
        hint={trans.__('What this kernel has executed, the newest first')}
        onBack={props.onBack}
      />
      <div className="jp-MLOps-scroll jp-MLOps-padded">
        {model.error && <Problem>{model.error}</Problem>}
        {model.executions?.length === 0 && (
          <Nothing>{trans.__('Nothing has been executed yet.')}</Nothing>
        )}
        <Cells
          executions={executions.slice(0, count)}
          load={id => model.execution(id)}
          language={language}
        />
        {executions.length > count && (
          <button
            type="button"
            className="jp-MLOps-more"
            onClick={() => setCount(count + PAGE)}
          >
            {trans.__('Show more (%1 of %2)', count, executions.length)}
          </button>
        )}
      </div>
    </div>
  );
}
