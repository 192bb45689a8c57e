import { useEffect, useMemo, useState } from 'react';
import { Debouncer } from '@lumino/polling';
import type { Run } from '../../api/types';
import { completions, FILTER_HELP } from '../../model/completions';
import type { ObservableModel } from '../../model/observable';
import type { IRunsQuery } from '../../model/query';
import { Problem } from '../basics';
import { ComboBox } from '../combobox';
import { useModel, useServices } from '../services';

/** The search is sent when the user pauses for so long. */
const PAUSE = 250;

/** What can be searched: the list of the panel, or a table. */
export interface ISearched extends ObservableModel {
  readonly query: IRunsQuery;
  /** Why the last search failed. */
  readonly error: string | null;
  readonly runs: readonly Run[];
  search(query: Partial<IRunsQuery>): Promise<void>;
}

/** Search by words or by MLflow's filter, and by experiment. */
export function SearchBar(props: {
  model: ISearched;
  inputRef: React.RefObject<HTMLInputElement>;
  /** What stands beside the field. */
  children?: React.ReactNode;
}): JSX.Element {
  const { trans } = useServices();
  const runs = useModel(props.model);
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
      <div className="jp-MLOps-search-line">
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
        {props.children}
      </div>
      {runs.error && (
        <Problem>
          {runs.error} {text !== '' && trans.__('For example: %1', FILTER_HELP)}
        </Problem>
      )}
      <Experiments model={runs} />
    </div>
  );
}

function Experiments(props: { model: ISearched }): JSX.Element | null {
  const { mlops, trans } = useServices();
  const { query } = props.model;
  const all = useModel(mlops.runs).experiments;
  const experiments = all.filter(each => each.run_count > 0);
  if (experiments.length < 2 && query.experiment === null) {
    return null;
  }
  return (
    <label className="jp-MLOps-experiments">
      <span>{trans.__('Experiment')}</span>
      <select
        className="jp-MLOps-select"
        value={query.experiment ?? ''}
        onChange={event =>
          void props.model.search({ experiment: event.target.value || null })
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
