import { LineSample } from '../../charts/curvechart';
import { runLabels } from '../../charts/fields';
import type { ChartsModel } from '../../model/charts';
import { CommandIDs } from '../../tokens';
import { StatusMark } from '../status';
import { useServices } from '../services';

/** The runs with their lines: what is not ticked is not drawn. */
export function RunLegend(props: { model: ChartsModel }): JSX.Element {
  const { commands, trans } = useServices();
  const { model } = props;
  const runs = model.runs ?? [];
  const labels = runLabels(runs);
  const hidden = new Set(model.state.hidden);
  return (
    <div
      className="jp-MLOps-runLegend"
      role="group"
      aria-label={trans.__('Runs')}
    >
      <label className="jp-MLOps-check">
        <input
          type="checkbox"
          checked={hidden.size === 0}
          onChange={({ target }) =>
            model.set({
              hidden: target.checked ? [] : runs.map(run => run.run_id)
            })
          }
        />
        {trans._n('%1 run', '%1 runs', runs.length)}
      </label>
      <ul className="jp-MLOps-plain">
        {runs.map(run => (
          <li key={run.run_id}>
            <input
              type="checkbox"
              checked={!hidden.has(run.run_id)}
              aria-label={trans.__('Draw %1', labels.get(run.run_id))}
              onChange={() => model.toggleRun(run.run_id)}
            />
            <LineSample index={model.style(run.run_id)} />
            <button
              type="button"
              className="jp-MLOps-quiet"
              title={trans.__('Show details')}
              onClick={() =>
                void commands.execute(CommandIDs.openRun, { runId: run.run_id })
              }
            >
              {labels.get(run.run_id)}
            </button>
            {run.status !== 'FINISHED' && (
              <StatusMark status={run.status} iconOnly />
            )}
          </li>
        ))}
      </ul>
    </div>
  );
}
