import type { DatasetView } from '../../api/types';
import { useServices } from '../services';

/** A column as a dataset's schema describes it. */
interface IColumn {
  readonly name: string;
  readonly dtype: string;
}

/** What the run read: size, columns, hash of the content. */
export function Data(props: { datasets: readonly DatasetView[] }): JSX.Element {
  return (
    <>
      {props.datasets.map(dataset => (
        <Dataset key={`${dataset.name} ${dataset.digest}`} dataset={dataset} />
      ))}
    </>
  );
}

function Dataset(props: { dataset: DatasetView }): JSX.Element {
  const { trans } = useServices();
  const { dataset } = props;
  const columns = (dataset.schema.columns ?? []) as IColumn[];
  const rows = dataset.profile.num_rows as number | undefined;
  const width = (dataset.profile.num_columns as number) ?? columns.length;
  return (
    <div className="jp-MLOps-dataset">
      <div className="jp-MLOps-line">
        <strong>{dataset.name}</strong>
        {dataset.context && (
          <span className="jp-MLOps-badge">{dataset.context}</span>
        )}
        {rows !== undefined && (
          <span className="jp-MLOps-hint">
            {trans.__('%1 rows × %2 columns', rows.toLocaleString(), width)}
          </span>
        )}
        <code className="jp-MLOps-hint" title={dataset.digest}>
          {dataset.digest.slice(0, 8)}
        </code>
      </div>
      {columns.length > 0 && (
        <details>
          <summary>
            {trans._n('%1 column', '%1 columns', columns.length)}
          </summary>
          <Columns columns={columns} />
        </details>
      )}
    </div>
  );
}

function Columns(props: { columns: readonly IColumn[] }): JSX.Element {
  const { trans } = useServices();
  return (
    <table className="jp-MLOps-table">
      <thead className="jp-MLOps-hidden">
        <tr>
          <th scope="col">{trans.__('Column')}</th>
          <th scope="col">{trans.__('Type')}</th>
        </tr>
      </thead>
      <tbody>
        {props.columns.map(column => (
          <tr key={column.name}>
            <th scope="row" title={column.name}>
              {column.name}
            </th>
            <td className="jp-MLOps-table-text">{column.dtype}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
