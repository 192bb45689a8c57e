import type { Run } from '../../api/types';
import { CommandIDs } from '../../tokens';
import { Value } from '../basics';
import { useServices } from '../services';
import { StatusMark } from '../status';

/** Runs inside of a run, the best first. */
export function Children(props: { runs: readonly Run[] }): JSX.Element {
  const { commands } = useServices();
  return (
    <ul className="jp-MLOps-plain">
      {sortByMetric(props.runs).map(run => (
        <li key={run.run_id} className="jp-MLOps-child">
          <StatusMark status={run.status} iconOnly />
          <button
            type="button"
            className="jp-MLOps-run-name"
            title={Object.entries(run.params)
              .map(([key, value]) => `${key} = ${value}`)
              .join('\n')}
            onClick={() =>
              void commands.execute(CommandIDs.openRun, { runId: run.run_id })
            }
          >
            {run.name}
          </button>
          {run.key_metric && <Value value={run.metrics[run.key_metric]} />}
        </li>
      ))}
    </ul>
  );
}

function sortByMetric(runs: readonly Run[]): Run[] {
  const value = (run: Run) =>
    (run.key_metric ? run.metrics[run.key_metric] : null) ?? -Infinity;
  return [...runs].sort((a, b) => value(b) - value(a));
}
