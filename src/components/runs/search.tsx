import { useEffect, useId, useMemo, useRef, useState } from 'react';
import { Debouncer } from '@lumino/polling';
import type { QueryProblem } from '../../api/types';
import { Completer, FILTER_HELP } from '../../model/completions';
import type { ObservableModel } from '../../model/observable';
import { IRunsQuery, isFilter, placeOfSearch } from '../../model/query';
import { Problem } from '../basics';
import { ComboBox, ISpan } from '../combobox';
import { useModel, useOwned, useServices } from '../services';

/** The search is sent when the user pauses for so long, or with Enter at once. */
const PAUSE = 100;

/** Words that are offered instead of a wrong one. */
const OFFERED = 3;

/** What can be searched: the list of the panel, or a table. */
export interface ISearched extends ObservableModel {
  readonly query: IRunsQuery;
  /** Why the last search failed. */
  readonly error: string | null;
  /** Which word of it is wrong. */
  readonly problem: QueryProblem | null;
  search(query: Partial<IRunsQuery>): Promise<void>;
}

/** Search by words or by a filter; what is wrong in it is underlined. */
export function SearchBar(props: {
  model: ISearched;
  inputRef: React.RefObject<HTMLInputElement>;
  /** What stands beside the field. */
  children?: React.ReactNode;
  /** What stands below it. */
  below?: React.ReactNode;
}): JSX.Element {
  const { mlops, trans } = useServices();
  const model = useModel(props.model);
  const completer = useOwned('completer', () => new Completer(mlops.client));
  const { search } = model.query;
  const [text, setText] = useState(search);
  const problemId = useId();
  const send = useMemo(
    () => new Debouncer((search: string) => model.search({ search }), PAUSE),
    [model]
  );
  useEffect(() => () => send.dispose(), [send]);
  // A saved view, or a link, brings its own search.
  const sent = useRef(search);
  useEffect(() => {
    if (search !== sent.current) {
      sent.current = search;
      setText(search);
    }
  }, [search]);

  const change = (value: string, caret = value.length) => {
    setText(value);
    sent.current = value;
    void completer.look(value, caret);
    void send.invoke(value);
  };
  const wrong =
    text === search && isFilter(search) && model.problem
      ? spanOf(
          {
            ...model.problem,
            position: model.problem.position - placeOfSearch(model.query)
          },
          search
        )
      : null;

  return (
    <div className="jp-MLOps-search" role="search">
      <div className="jp-MLOps-search-line">
        <ComboBox
          inputRef={props.inputRef}
          label={trans.__('Search runs')}
          placeholder={trans.__('Search, or metrics.accuracy > 0.9')}
          value={text}
          onChange={change}
          onCaret={caret => void completer.look(text, caret)}
          onAccept={value => {
            if (value !== search) {
              void send.stop();
              void model.search({ search: value });
            }
          }}
          onCancel={() => change('')}
          options={completer.choices}
          invalid={model.error !== null && text !== ''}
          describedBy={model.error ? problemId : undefined}
          wrong={wrong}
        />
        {props.children}
      </div>
      {model.error && (
        <Problem id={problemId}>
          {model.error}{' '}
          {wrong && model.problem && model.problem.suggestions.length > 0 ? (
            <Suggestions
              problem={model.problem}
              onTake={word =>
                change(
                  text.slice(0, wrong.start) + word + text.slice(wrong.end)
                )
              }
            />
          ) : (
            text !== '' && trans.__('For example: %1', FILTER_HELP)
          )}
        </Problem>
      )}
      {props.below}
    </div>
  );
}

/** Words that look like the wrong one: one click puts them into its place. */
function Suggestions(props: {
  problem: QueryProblem;
  onTake: (word: string) => void;
}): JSX.Element {
  return (
    <>
      {props.problem.suggestions.slice(0, OFFERED).map(word => (
        <button
          key={word}
          type="button"
          className="jp-MLOps-link"
          onClick={() => props.onTake(word)}
        >
          {word}
        </button>
      ))}
    </>
  );
}

/** The panel's list is narrowed to an experiment. */
export function Experiments(props: { model: ISearched }): JSX.Element | null {
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

/** Where the wrong word stands in the text; the server counts characters, without the margins. */
function spanOf({ position, length }: QueryProblem, text: string): ISpan {
  const points = [...text.trimStart()];
  const margin = text.length - text.trimStart().length;
  const width = (count: number) => points.slice(0, count).join('').length;
  return {
    start: margin + width(position),
    end: margin + width(position + length)
  };
}
