import type { Run, ValueRow } from '../../api/types';
import { formatDelta, formatPercent } from '../../model/format';
import { Section, Value } from '../basics';
import { useServices } from '../services';

type Cell = ValueRow['values'][number];

/** How many rows say the same of every run. */
export function countEqual(rows: readonly ValueRow[]): number {
  return rows.filter(row => !row.differs).length;
}

/** One kind of facts, a column for each run; equal rows only when asked for. */
export function ValueTable(props: {
  title: string;
  rows: readonly ValueRow[];
  runs: readonly Run[];
  showEqual: boolean;
  numeric?: boolean;
}): JSX.Element | null {
  const { trans } = useServices();
  const rows = props.rows.filter(row => row.differs || props.showEqual);
  if (rows.length === 0) {
    return null;
  }
  return (
    <Section title={props.title} className="jp-MLOps-values">
      <table aria-label={props.title}>
        <thead className="jp-MLOps-hidden">
          <tr>
            <th scope="col">{trans.__('Key')}</th>
            {props.runs.map(run => (
              <th key={run.run_id} scope="col">
                {run.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(row => (
            <Row key={row.key} row={row} numeric={props.numeric} />
          ))}
        </tbody>
      </table>
    </Section>
  );
}

function Row(props: { row: ValueRow; numeric?: boolean }): JSX.Element {
  const { row } = props;
  const [baseline] = row.values;
  return (
    <tr data-differs={row.differs}>
      <th scope="row" title={row.key}>
        {row.key}
      </th>
      {row.values.map((value, index) => (
        <td key={index} data-same={value === baseline}>
          {props.numeric ? (
            <MetricCell
              value={value}
              baseline={baseline}
              change={row.changes[index]}
              first={index === 0}
            />
          ) : (
            <span className="jp-MLOps-clamp" title={String(value ?? '')}>
              {value === null ? '–' : String(value)}
            </span>
          )}
        </td>
      ))}
    </tr>
  );
}

/** A metric, and how far it is from the baseline's. The sign says it without colour. */
function MetricCell(props: {
  value: Cell;
  baseline: Cell;
  change: number | null | undefined;
  first: boolean;
}): JSX.Element {
  const { value, baseline, change } = props;
  const number = typeof value === 'number' ? value : null;
  const delta =
    !props.first && number !== null && typeof baseline === 'number'
      ? number - baseline
      : 0;
  return (
    <>
      <Value value={number} />
      {delta !== 0 && (
        <span className="jp-MLOps-delta" data-sign={delta > 0 ? '+' : '-'}>
          {formatDelta(delta)}
          {typeof change === 'number' && ` (${formatPercent(change)})`}
        </span>
      )}
    </>
  );
}
