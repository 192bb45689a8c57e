import { useRef, useState } from 'react';
import type { RunTableModel } from '../../model/table';
import { Nothing, TextButton } from '../basics';
import { SearchBar } from '../runs/search';
import { SelectionBar } from '../runs/selection';
import { useModel, useServices } from '../services';
import { ColumnChooser } from './chooser';
import { RunGrid } from './grid';

/** Runs as a table over the whole width: searched, sorted, selected; columns to choose from. */
export function TableView(props: { model: RunTableModel }): JSX.Element {
  const { trans } = useServices();
  const model = useModel(props.model);
  const [choosing, setChoosing] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  return (
    <div className="jp-MLOps-tableView">
      <div className="jp-MLOps-tableView-bar">
        <SearchBar model={model} inputRef={search} />
        <Count model={model} />
        <TextButton expanded={choosing} onClick={() => setChoosing(!choosing)}>
          {trans.__('Columns')}
        </TextButton>
      </div>
      <div className="jp-MLOps-tableView-main">
        <Rows model={model} />
        {choosing && <ColumnChooser model={model} />}
      </div>
      <SelectionBar />
    </div>
  );
}

function Rows(props: { model: RunTableModel }): JSX.Element {
  const { trans } = useServices();
  const { model } = props;
  if (!model.isReady) {
    return <Nothing>{trans.__('Reading the record …')}</Nothing>;
  }
  return model.runs.length > 0 ? (
    <RunGrid model={model} />
  ) : (
    <Nothing>{!model.error && trans.__('No run matches.')}</Nothing>
  );
}

/** How many runs match, and how many more have come since. */
function Count(props: { model: RunTableModel }): JSX.Element {
  const { trans } = useServices();
  const { total, totalIsExact, waiting } = props.model;
  const count = total.toLocaleString();
  return (
    <>
      <span role="status" className="jp-MLOps-hint">
        {totalIsExact
          ? trans._n('%1 run', '%1 runs', total).replace(String(total), count)
          : trans.__('at least %1 runs', count)}
      </span>
      {waiting > 0 && (
        <button
          type="button"
          className="jp-MLOps-link"
          onClick={() => void props.model.reload()}
        >
          {trans._n('Show %1 new run', 'Show %1 new runs', waiting)}
        </button>
      )}
    </>
  );
}
