import { useState } from 'react';
import type { Comparison } from '../../api/types';
import { Nothing } from '../basics';
import { useServices } from '../services';
import { PairView } from './cellpair';

/** The cells of one run against those of the baseline; which run is a choice where there are more. */
export function ComparedCells(props: {
  comparison: Comparison;
  showEqual: boolean;
}): JSX.Element {
  const { trans } = useServices();
  const { comparison } = props;
  const [chosen, setChosen] = useState(0);
  const cells = comparison.cells[Math.min(chosen, comparison.cells.length - 1)];
  const [baseline, ...others] = comparison.runs;
  const other = others.find(run => run.run_id === cells?.run_id);
  if (!cells || !other) {
    return <Nothing>{trans.__('No cells were recorded.')}</Nothing>;
  }
  return (
    <>
      <div className="jp-MLOps-pair-names">
        <strong>{baseline.name}</strong>
        {others.length > 1 ? (
          <select
            className="jp-MLOps-select"
            aria-label={trans.__('Run to compare with the baseline')}
            value={chosen}
            onChange={event => setChosen(Number(event.target.value))}
          >
            {others.map((run, index) => (
              <option key={run.run_id} value={index}>
                {run.name}
              </option>
            ))}
          </select>
        ) : (
          <strong>{other.name}</strong>
        )}
      </div>
      {cells.pairs.length === 0 && (
        <Nothing>{trans.__('No cells were recorded.')}</Nothing>
      )}
      <ol className="jp-MLOps-plain">
        {cells.pairs.map((pair, index) => (
          <PairView
            key={`${cells.run_id} ${index}`}
            pair={pair}
            names={[baseline.name, other.name]}
            open={pair.kind !== 'equal' || pair.outputs_differ}
          />
        ))}
      </ol>
    </>
  );
}
