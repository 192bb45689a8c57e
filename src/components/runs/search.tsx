import { useEffect, useMemo, useState } from 'react';
import { Debouncer } from '@lumino/polling';
import { completions, FILTER_HELP } from '../../model/completions';
import { Problem } from '../basics';
import { ComboBox } from '../combobox';
import { useModel, useServices } from '../services';

/** The search is sent when the user pauses for so long. */
const PAUSE = 250;

/** Search by words or by MLflow's filter, and by experiment. */
export function SearchBar(props: {
  inputRef: React.RefObject<HTMLInputElement>;
}): JSX.Element {
  const { mlops, trans } = useServices();
  const runs = useModel(mlops.runs);
  const [text, setText] = useState(runs.query.search);
  const send = useMemo(
    () => new Debouncer((search: string) => runs.search({ search }), PAUSE),
    [runs]
  );
  useEffect(() => () => send.dispose(), [send]);

  const change = (value: string) => {
    setText(value);
    void send.invoke(value);
  };

  return (
    <div className="jp-MLOps-search" role="search">
      <ComboBox
        inputRef={props.inputRef}
        label={trans.__('Search runs')}
        placeholder={trans.__('Search, or metrics.accuracy > 0.9')}
        value={text}
        onChange={change}
        onCancel={() => change('')}
        options={text ? completions(text, runs.runs) : []}
        invalid={runs.error !== null && text !== ''}
      />
      {runs.error && (
        <Problem>
          {runs.error} {text !== '' && trans.__('For example: %1', FILTER_HELP)}
        </Problem>
      )}
      <Experiments />
    </div>
  );
}

function Experiments(): JSX.Element | null {
  const { mlops, trans } = useServices();
  const runs = useModel(mlops.runs);
  const experiments = runs.experiments.filter(each => each.run_count > 0);
  if (experiments.length < 2 && runs.query.experiment === null) {
    return null;
  }
  return (
    <label className="jp-MLOps-experiments">
      <span>{trans.__('Experiment')}</span>
      <select
        className="jp-MLOps-select"
        value={runs.query.experiment ?? ''}
        onChange={event =>
          void runs.search({ experiment: event.target.value || null })
        }
      >
        <option value="">{trans.__('All')}</option>
        {experiments.map(each => (
          <option key={each.experiment_id} value={each.name}>
            {`${each.name} (${each.run_count})`}
          </option>
        ))}
      </select>
    </label>
  );
}
