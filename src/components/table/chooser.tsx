import { useState } from 'react';
import type { RunTableModel } from '../../model/table';
import { Nothing, SearchField, TextButton } from '../basics';
import { useServices } from '../services';
import { columnTitle, kindTitle } from './titles';

/** Columns in the list at once: of thousands, somebody types what they look for. */
const LISTED = 200;

/** Every column that the runs have, to show or to hide. */
export function ColumnChooser(props: { model: RunTableModel }): JSX.Element {
  const { trans } = useServices();
  const { model } = props;
  const [text, setText] = useState('');
  const shown = model.shown;
  const word = text.trim().toLowerCase();
  const found = model.known.filter(({ id }) =>
    `${id} ${columnTitle(id, trans)}`.toLowerCase().includes(word)
  );
  return (
    <div
      role="group"
      className="jp-MLOps-chooser"
      aria-label={trans.__('Columns')}
    >
      <SearchField
        label={trans.__('Search columns')}
        value={text}
        onChange={setText}
      />
      <div className="jp-MLOps-chooser-all">
        <TextButton
          disabled={found.every(({ id }) => shown.includes(id))}
          onClick={() => model.showColumns(found.map(({ id }) => id))}
        >
          {trans.__('Show these %1', found.length)}
        </TextButton>
        <TextButton
          disabled={model.layout.columns === null}
          onClick={() => model.resetColumns()}
        >
          {trans.__('Usual columns')}
        </TextButton>
      </div>
      {found.length === 0 && (
        <Nothing>{trans.__('No run has such a column.')}</Nothing>
      )}
      <ul className="jp-MLOps-plain">
        {found.slice(0, LISTED).map(({ id, kind, count }) => (
          <li key={id}>
            <label className="jp-MLOps-check" title={id}>
              <input
                type="checkbox"
                checked={shown.includes(id)}
                onChange={() => model.toggleColumn(id)}
              />
              <span className="jp-MLOps-chooser-name">
                {columnTitle(id, trans)}
              </span>
              <span className="jp-MLOps-hint">
                {kindTitle(kind, trans)}
                {count !== null && ` · ${count.toLocaleString()}`}
              </span>
            </label>
          </li>
        ))}
      </ul>
      {found.length > LISTED && (
        <p className="jp-MLOps-hint">
          {trans.__('%1 more: search for them.', found.length - LISTED)}
        </p>
      )}
    </div>
  );
}
