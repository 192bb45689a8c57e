import { closeIcon } from '@jupyterlab/ui-components';
import type { Run } from '../../api/types';
import { LineSample } from '../../charts/curvechart';
import { restoreIcon } from '../../icons';
import type { ComparisonModel } from '../../model/comparison';
import { COMPARE_LIMITS } from '../../model/comparisonlink';
import { CommandIDs } from '../../tokens';
import { Ago, IconButton } from '../basics';
import { useServices } from '../services';
import { RunDuration, StatusMark } from '../status';
import { Who } from '../who';

/** Heads of the columns: the baseline first. */
export function RunColumns(props: {
  model: ComparisonModel;
  runs: readonly Run[];
}): JSX.Element {
  return (
    <div className="jp-MLOps-columns">
      <span />
      {props.runs.map((run, index) => (
        <Column key={run.run_id} run={run} index={index} model={props.model} />
      ))}
    </div>
  );
}

function Column(props: {
  run: Run;
  index: number;
  model: ComparisonModel;
}): JSX.Element {
  const { commands, trans } = useServices();
  const { run, index, model } = props;
  const removable = model.runIds.length > COMPARE_LIMITS.least;
  return (
    <div className="jp-MLOps-column" data-run-id={run.run_id}>
      <div className="jp-MLOps-line">
        <LineSample index={model.style(run.run_id)} />
        <button
          type="button"
          className="jp-MLOps-run-name"
          title={run.name}
          onClick={() =>
            void commands.execute(CommandIDs.openRun, { runId: run.run_id })
          }
        >
          {run.name}
        </button>
        <IconButton
          icon={restoreIcon}
          label={trans.__('Restore the notebook of %1', run.name)}
          onClick={() =>
            void commands.execute(CommandIDs.restoreNotebook, {
              runId: run.run_id
            })
          }
        />
        {removable && (
          <IconButton
            icon={closeIcon}
            label={trans.__('Take %1 out', run.name)}
            onClick={() => void model.remove(run.run_id)}
          />
        )}
      </div>
      <div className="jp-MLOps-run-facts">
        <StatusMark status={run.status} />
        <RunDuration run={run} />
        <Ago time={run.start_time} />
        <Who user={run.user} />
      </div>
      {index === 0 ? (
        <span className="jp-MLOps-badge">{trans.__('baseline')}</span>
      ) : (
        <button
          type="button"
          className="jp-MLOps-link"
          onClick={() => void model.setBaseline(run.run_id)}
        >
          {trans.__('Make baseline')}
        </button>
      )}
    </div>
  );
}
