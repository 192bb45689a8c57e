import type { Run, ValueRow } from '../../api/types';
import type { TranslationBundle } from '@jupyterlab/translation';
import { countStates } from '../../model/comparison';
import { formatDelta, formatPercent } from '../../model/format';
import { Key, Section, Value } from '../basics';
import { useServices } from '../services';

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
}): JSX.Element | null {
  const { trans } = useServices();
  const rows = props.rows.filter(row => row.differs || props.showEqual);
  if (rows.length === 0) {
    return null;
  }
  return (
    <Section
      title={props.title}
      count={tell(props.rows, trans)}
      className="jp-MLOps-values"
    >
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
            <Row key={row.key} row={row} />
          ))}
        </tbody>
      </table>
    </Section>
  );
}

/** How many values differ, and how. */
function tell(rows: readonly ValueRow[], trans: TranslationBundle): string {
  const [changed, added, removed] = countStates(rows);
  return [
    changed && trans.__('%1 changed', changed),
    added && trans.__('%1 added', added),
    removed && trans.__('%1 removed', removed)
  ]
    .filter(Boolean)
    .join(', ');
}

function Row(props: { row: ValueRow }): JSX.Element {
  const { row } = props;
  return (
    <tr data-differs={row.differs}>
      <th scope="row">
        <Key name={row.key} />
      </th>
      {row.values.map((_, index) => (
        <td key={index} data-state={row.states[index]}>
          {row.deltas.length > 0 ? (
            <MetricCell row={row} index={index} />
          ) : (
            <ValueCell row={row} index={index} />
          )}
        </td>
      ))}
    </tr>
  );
}

function ValueCell(props: { row: ValueRow; index: number }): JSX.Element {
  const { trans } = useServices();
  const { row, index } = props;
  const value = row.values[index];
  if (value === null) {
    return (
      <span className="jp-MLOps-hint">
        {row.states[index] === 'removed' ? trans.__('removed') : '–'}
      </span>
    );
  }
  return (
    <>
      <span className="jp-MLOps-clamp" title={String(value)}>
        {String(value)}
      </span>
      {row.states[index] === 'added' && (
        <span className="jp-MLOps-delta">{trans.__('added')}</span>
      )}
    </>
  );
}

/** A metric, and how far it is from the baseline's. Sign and word say it without colour. */
function MetricCell(props: { row: ValueRow; index: number }): JSX.Element {
  const { trans } = useServices();
  const { row, index } = props;
  const value = row.values[index];
  const delta = row.deltas[index];
  const change = row.changes[index];
  const judgement = row.judgements[index];
  return (
    <>
      <Value value={typeof value === 'number' ? value : null} />
      {typeof delta === 'number' && delta !== 0 && (
        <span className="jp-MLOps-delta" data-judgement={judgement}>
          {formatDelta(delta)}
          {typeof change === 'number' && ` (${formatPercent(change)})`}
          {judgement && (
            <span className="jp-MLOps-judgement">
              {judgement === 'better' ? trans.__('better') : trans.__('worse')}
            </span>
          )}
        </span>
      )}
    </>
  );
}
