import { formatNumber } from '../model/format';
import { CommandIDs } from '../tokens';
import { lightWord } from './light';
import { useModel, useServices } from './services';

/** Whether the current notebook is recorded, and the run that is open in it. */
export function StatusItem(): JSX.Element {
  const { commands, mlops, trans } = useServices();
  const status = useModel(mlops.status);
  const { runs } = useModel(mlops.runs);
  const sessionId = status.session?.session_id;
  const open = runs.find(
    run => run.status === 'RUNNING' && run.session_id === sessionId
  );
  const metric = open?.key_metric;
  return (
    <button
      type="button"
      className="jp-MLOps-statusButton"
      data-light={status.light}
      title={trans.__('MLOps: show runs and models')}
      onClick={() =>
        void commands.execute(
          open ? CommandIDs.openRun : CommandIDs.openPanel,
          open ? { runId: open.run_id } : {}
        )
      }
    >
      <span className="jp-MLOps-light-dot" aria-hidden="true" />
      {open ? open.name : lightWord(status.light, trans)}
      {open && metric && ` · ${metric} ${formatNumber(open.metrics[metric])}`}
    </button>
  );
}
