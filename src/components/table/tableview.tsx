import { useRef, useState } from 'react';
import { parseColumn, written } from '../../model/columns';
import { dataFrameSource, ExportFormat } from '../../model/export';
import { isTree } from '../../model/query';
import type { RunTableModel } from '../../model/table';
import type { SavedViews } from '../../model/views';
import { CommandIDs } from '../../tokens';
import { Nothing, TextButton } from '../basics';
import { Popup, useClosePopup } from '../popup';
import { EmptyRecord } from '../runs/empty';
import { SearchBar } from '../runs/search';
import { SelectionBar } from '../runs/selection';
import { useModel, useServices } from '../services';
import { ColumnChooser } from './chooser';
import { FacetBar } from './facets';
import { RunGrid } from './grid';
import { columnTitle } from './titles';
import { ViewsMenu } from './views';

/** Params and tags that are offered to group by. */
const GROUPS_OFFERED = 200;

/** Runs as a table over the whole width: searched, narrowed, grouped, sorted, selected. */
export function TableView(props: {
  model: RunTableModel;
  views: SavedViews;
  onExport: (format: ExportFormat) => void;
}): JSX.Element {
  const { trans } = useServices();
  const model = useModel(props.model);
  const [choosing, setChoosing] = useState(false);
  const search = useRef<HTMLInputElement>(null);
  return (
    <div className="jp-MLOps-tableView">
      <div className="jp-MLOps-tableView-bar">
        <SearchBar model={model} inputRef={search} />
        <Count model={model} />
        <ViewsMenu model={model} views={props.views} />
        <ExportMenu model={model} onExport={props.onExport} />
        <TextButton expanded={choosing} onClick={() => setChoosing(!choosing)}>
          {trans.__('Columns')}
        </TextButton>
      </div>
      <div className="jp-MLOps-tableView-narrow">
        <FacetBar model={model} />
        <GroupBy model={model} />
      </div>
      <div className="jp-MLOps-tableView-main">
        <Rows model={model} />
        {choosing && <ColumnChooser model={model} />}
      </div>
      <SelectionBar table={model} />
    </div>
  );
}

function Rows(props: { model: RunTableModel }): JSX.Element {
  const { trans } = useServices();
  const { model } = props;
  if (!model.isReady) {
    return <Nothing>{trans.__('Reading the record …')}</Nothing>;
  }
  if (model.rows.count > 0) {
    return <RunGrid model={model} />;
  }
  return isTree(model.query) && !model.error ? (
    <EmptyRecord />
  ) : (
    <Nothing>{!model.error && trans.__('No run matches.')}</Nothing>
  );
}

function GroupBy(props: { model: RunTableModel }): JSX.Element {
  const { trans } = useServices();
  const { model } = props;
  const columns = model.groupColumns.slice(0, GROUPS_OFFERED);
  const name = (id: string) =>
    parseColumn(id).kind === 'attributes' ? columnTitle(id, trans) : id;
  return (
    <label className="jp-MLOps-groupBy">
      <span>{trans.__('Group by')}</span>
      <select
        className="jp-MLOps-select"
        value={model.groupBy ?? ''}
        onChange={event => void model.setGroupBy(event.target.value || null)}
      >
        <option value="">{trans.__('nothing')}</option>
        {columns.map(id => (
          <option key={id} value={written(id)}>
            {name(id)}
          </option>
        ))}
      </select>
    </label>
  );
}

function ExportMenu(props: {
  model: RunTableModel;
  onExport: (format: ExportFormat) => void;
}): JSX.Element {
  const { commands, trans } = useServices();
  const insert = CommandIDs.insertSource;
  const canInsert = commands.hasCommand(insert) && commands.isEnabled(insert);
  const insertCell = () =>
    void commands.execute(insert, { source: dataFrameSource(props.model) });
  return (
    <Popup label={trans.__('Export')} title={trans.__('Export these runs')}>
      <MenuItem onClick={() => props.onExport('csv')}>
        {trans.__('As CSV')}
      </MenuItem>
      <MenuItem onClick={() => props.onExport('json')}>
        {trans.__('As JSON')}
      </MenuItem>
      <MenuItem disabled={!canInsert} onClick={insertCell}>
        {trans.__('As a DataFrame, in a cell of the notebook')}
      </MenuItem>
    </Popup>
  );
}

function MenuItem(props: {
  children: React.ReactNode;
  onClick: () => void;
  disabled?: boolean;
}): JSX.Element {
  const close = useClosePopup();
  return (
    <button
      type="button"
      className="jp-MLOps-menuItem"
      disabled={props.disabled}
      onClick={() => {
        props.onClick();
        close();
      }}
    >
      {props.children}
    </button>
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
