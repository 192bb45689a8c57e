import { useState } from 'react';
import type { CellPair, Execution } from '../../api/types';
import type { ComparisonModel } from '../../model/comparison';
import { pictureIn } from '../../model/preview';
import { Problem } from '../basics';
import { Outputs } from '../hosted';
import { useFetched, useServices } from '../services';
import { Overlay } from './overlay';

/** Outputs of two executions beside each other; their pictures on top of each other if asked for. */
export function PairOutputs(props: {
  pair: CellPair;
  names: readonly [string, string];
  model: ComparisonModel;
}): JSX.Element | null {
  const { trans } = useServices();
  const { model, names } = props;
  const { left, right } = props.pair;
  const [overlaid, setOverlaid] = useState(false);
  const load = (execution: Execution | null) =>
    execution && model.execution(execution.execution_id);
  const key = [left, right].map(each => each?.execution_id).join();
  const { value, error } = useFetched(key, () =>
    Promise.all([load(left), load(right)])
  );
  if (error) {
    return <Problem>{error}</Problem>;
  }
  if (!value?.some(execution => execution?.outputs.length)) {
    return null;
  }
  const pictures = value.map(each => (each ? pictureIn(each.outputs) : null));
  const [below, above] = pictures;
  const both = below !== null && above !== null && below !== above;
  return (
    <>
      {both && (
        <label className="jp-MLOps-check">
          <input
            type="checkbox"
            checked={overlaid}
            onChange={event => setOverlaid(event.target.checked)}
          />
          {trans.__('Pictures on top of each other')}
        </label>
      )}
      {both && overlaid && <Overlay urls={[below, above]} names={names} />}
      <div className="jp-MLOps-pair-outputs">
        {value.map((execution, index) => (
          <div key={`${index} ${overlaid}`}>
            {execution && (
              <Outputs
                outputs={execution.outputs.filter(
                  output => !(both && overlaid && pictureIn([output]))
                )}
              />
            )}
          </div>
        ))}
      </div>
    </>
  );
}
