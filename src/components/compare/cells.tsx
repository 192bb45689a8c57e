import { useState } from 'react';
import { caretRightIcon } from '@jupyterlab/ui-components';
import type { CellPair, Comparison } from '../../api/types';
import { ComparisonModel, foldPairs } from '../../model/comparison';
import { Nothing } from '../basics';
import { useServices } from '../services';
import { PairView } from './cellpair';

/** The cells of one run against those of the baseline; which run is a choice where there are more. */
export function ComparedCells(props: {
  model: ComparisonModel;
  comparison: Comparison;
  showEqual: boolean;
}): JSX.Element {
  const { trans } = useServices();
  const { comparison, model } = props;
  // Those of the run that was chosen before, until the answer is here.
  const [cells] = comparison.cells;
  const [baseline, ...others] = comparison.runs;
  const other = others.find(run => run.run_id === cells?.run_id);
  if (!cells || !other) {
    return <Nothing>{trans.__('No cells were recorded.')}</Nothing>;
  }
  const view = (pair: CellPair, key: number | string) => (
    <PairView
      key={`${cells.run_id} ${key}`}
      pair={pair}
      names={[baseline.name, other.name]}
      model={model}
    />
  );
  return (
    <>
      <div className="jp-MLOps-pair-names">
        <strong>{baseline.name}</strong>
        {others.length > 1 ? (
          <select
            className="jp-MLOps-select"
            aria-label={trans.__('Run to compare with the baseline')}
            value={model.cellsOf}
            onChange={event => void model.setCellsOf(event.target.value)}
          >
            {others.map(run => (
              <option key={run.run_id} value={run.run_id}>
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
        {foldPairs(cells.pairs).map(({ same, pairs }, index) =>
          same && !props.showEqual ? (
            <Folded
              key={`${cells.run_id} ${index}`}
              pairs={pairs}
              view={view}
            />
          ) : (
            pairs.map((pair, number) => view(pair, `${index} ${number}`))
          )
        )}
      </ol>
    </>
  );
}

/** Neighbours that are the same, as one line until somebody asks for them. */
function Folded(props: {
  pairs: readonly CellPair[];
  view: (pair: CellPair, key: number) => JSX.Element;
}): JSX.Element {
  const { trans } = useServices();
  const [open, setOpen] = useState(false);
  if (open) {
    return <>{props.pairs.map(props.view)}</>;
  }
  return (
    <li className="jp-MLOps-pair">
      <button
        type="button"
        className="jp-MLOps-pair-head jp-MLOps-hint"
        aria-expanded={false}
        onClick={() => setOpen(true)}
      >
        <caretRightIcon.react tag="span" className="jp-MLOps-caret" />
        {trans._n('%1 equal cell', '%1 equal cells', props.pairs.length)}
      </button>
    </li>
  );
}
