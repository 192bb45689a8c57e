import type { ParamChange } from '../../api/types';
import { formatTime } from '../../model/format';
import { Key } from '../basics';
import { useServices } from '../services';

/** Params by name. One that was logged again with another value shows what it was. */
export function Params(props: {
  params: Readonly<Record<string, string>>;
  changes: readonly ParamChange[];
}): JSX.Element {
  const { trans } = useServices();
  const before = (key: string) =>
    props.changes.filter(change => change.key === key);
  return (
    <table className="jp-MLOps-table">
      <thead className="jp-MLOps-hidden">
        <tr>
          <th scope="col">{trans.__('Param')}</th>
          <th scope="col">{trans.__('Value')}</th>
        </tr>
      </thead>
      <tbody>
        {Object.entries(props.params).map(([key, value]) => (
          <tr key={key}>
            <th scope="row">
              <Key name={key} />
            </th>
            <td className="jp-MLOps-table-text" title={value}>
              {value}
              {before(key).map(change => (
                <span
                  key={`${change.timestamp} ${change.value}`}
                  className="jp-MLOps-changed"
                  title={formatTime(change.timestamp)}
                >
                  {trans.__('was %1', change.value)}
                </span>
              ))}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
