import { useState } from 'react';
import { closeIcon } from '@jupyterlab/ui-components';
import type { FacetValue } from '../../api/types';
import { written } from '../../model/columns';
import type { RunTableModel } from '../../model/table';
import { IconButton, Nothing, Problem, SearchField } from '../basics';
import { Popup } from '../popup';
import { useFetched, useServices } from '../services';
import { statusWord } from '../status';
import { columnTitle } from './titles';

/** Chips for those who do not write: each narrows the table to some values of a column. */
export function FacetBar(props: { model: RunTableModel }): JSX.Element {
  const { trans } = useServices();
  const { model } = props;
  return (
    <div
      role="group"
      className="jp-MLOps-facets"
      aria-label={trans.__('Narrow by values')}
    >
      {model.facetColumns.map(id => (
        <FacetChip key={id} model={model} id={id} />
      ))}
      <Aside model={model} name="archived" />
      <Aside model={model} name="deleted" />
    </div>
  );
}

function FacetChip(props: { model: RunTableModel; id: string }): JSX.Element {
  const { trans } = useServices();
  const { model, id } = props;
  const column = written(id);
  const title = columnTitle(id, trans);
  const chosen =
    model.query.facets?.find(each => each.column === column)?.values ?? [];
  const words = chosen.map(value => valueWord(id, value, trans));
  return (
    <span className="jp-MLOps-facet" data-chosen={chosen.length > 0}>
      <Popup
        className="jp-MLOps-facet-button"
        chosen={chosen.length > 0}
        title={trans.__('Values of %1', title)}
        label={
          <span className="jp-MLOps-facet-label">
            {chosen.length > 0 ? `${title}: ${words.join(', ')}` : title}
          </span>
        }
      >
        <FacetValues model={model} id={id} chosen={chosen} />
      </Popup>
      {chosen.length > 0 && (
        <IconButton
          icon={closeIcon}
          className="jp-MLOps-tag-remove"
          label={trans.__('Any %1', title)}
          onClick={() => void model.clearFacet(column)}
        />
      )}
    </span>
  );
}

function FacetValues(props: {
  model: RunTableModel;
  id: string;
  chosen: readonly (string | null)[];
}): JSX.Element {
  const { trans } = useServices();
  const { model, id, chosen } = props;
  const [text, setText] = useState('');
  const { value, error } = useFetched(id, () => model.facet(written(id)));
  if (error) {
    return <Problem>{error}</Problem>;
  }
  if (!value) {
    return <Nothing>{trans.__('Counting …')}</Nothing>;
  }
  const word = text.trim().toLowerCase();
  const named = value.values.map((each: FacetValue) => ({
    ...each,
    name: valueWord(id, each.value, trans)
  }));
  const found = named.filter(each => each.name.toLowerCase().includes(word));
  return (
    <>
      {value.values.length > 8 && (
        <SearchField
          label={trans.__('Search values')}
          value={text}
          onChange={setText}
        />
      )}
      <ul className="jp-MLOps-plain">
        {found.map(each => (
          <li key={String(each.value)}>
            <label className="jp-MLOps-check" title={each.name}>
              <input
                type="checkbox"
                checked={chosen.includes(each.value)}
                onChange={() => void model.toggleFacet(written(id), each.value)}
              />
              <span className="jp-MLOps-chooser-name">{each.name}</span>
              <span className="jp-MLOps-count">
                {each.count.toLocaleString()}
              </span>
            </label>
          </li>
        ))}
      </ul>
      {found.length === 0 && (
        <Nothing>{trans.__('No run has such a value.')}</Nothing>
      )}
      {value.more && (
        <p className="jp-MLOps-hint">
          {trans.__('There are more: search for them above the table.')}
        </p>
      )}
    </>
  );
}

/** Runs that lists leave out: those put aside, and those in the trash, to be restored or erased. */
function Aside(props: {
  model: RunTableModel;
  name: 'archived' | 'deleted';
}): JSX.Element {
  const { trans } = useServices();
  const { model, name } = props;
  const chosen = model.query[name] ?? false;
  return (
    <button
      type="button"
      className="jp-MLOps-button jp-MLOps-facet-button"
      aria-pressed={chosen}
      data-chosen={chosen}
      onClick={() =>
        void model.search({ archived: false, deleted: false, [name]: !chosen })
      }
    >
      {name === 'archived' ? trans.__('Archived') : trans.__('Trash')}
    </button>
  );
}

/** How a value is called: a status in the user's words, other texts as they are. */
export function valueWord(
  id: string,
  value: string | null,
  trans: Parameters<typeof statusWord>[1]
): string {
  if (value === null || value === '') {
    return trans.__('(none)');
  }
  return id === 'attributes.status'
    ? statusWord(value as Parameters<typeof statusWord>[0], trans)
    : value;
}
