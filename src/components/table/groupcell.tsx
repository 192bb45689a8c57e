import { NAME, parseColumn, written } from '../../model/columns';
import { formatNumber } from '../../model/format';
import type { IGroupLine } from '../../model/rows';
import type { RunTableModel } from '../../model/table';
import { Ago, Value } from '../basics';
import { useServices } from '../services';
import { valueWord } from './facets';
import { Fold } from './fold';

/** What the runs of a group come to in a column. */
export function GroupCell(props: {
  model: RunTableModel;
  row: IGroupLine;
  column: string;
}): JSX.Element | null {
  const { model, row, column } = props;
  const { group } = row;
  if (column === NAME) {
    return <GroupName model={model} row={row} />;
  }
  if (column === 'attributes.start_time') {
    return group.newest === null ? null : <Ago time={group.newest} />;
  }
  return parseColumn(column).kind === 'metrics' ? (
    <Mean row={row} column={column} />
  ) : null;
}

function GroupName(props: {
  model: RunTableModel;
  row: IGroupLine;
}): JSX.Element {
  const { trans } = useServices();
  const { model, row } = props;
  const name = valueWord(
    `attributes.${model.groupBy ?? ''}`,
    row.group.value,
    trans
  );
  return (
    <>
      <Fold model={model} row={row} name={name} />
      <span className="jp-MLOps-cell-text jp-MLOps-group-name" title={name}>
        {name}
      </span>
      <span
        className="jp-MLOps-count"
        title={trans._n('%1 run', '%1 runs', row.group.count)}
      >
        {row.group.count.toLocaleString()}
      </span>
    </>
  );
}

/** The mean, with least and greatest beside it. */
function Mean(props: { row: IGroupLine; column: string }): JSX.Element | null {
  const { trans } = useServices();
  const found = props.row.group.aggregates.find(
    each => each.column === written(props.column)
  );
  if (!found || found.mean === null) {
    return null;
  }
  const { count, max, mean, min } = found;
  return (
    <span
      className="jp-MLOps-mean"
      title={trans.__(
        'Mean of %1: %2; from %3 to %4',
        count,
        mean,
        min ?? '',
        max ?? ''
      )}
    >
      <span className="jp-MLOps-mean-sign" aria-hidden="true">
        ⌀
      </span>
      <Value value={mean} />
      <span className="jp-MLOps-hidden">
        {trans.__('from %1 to %2', formatNumber(min), formatNumber(max))}
      </span>
    </span>
  );
}
