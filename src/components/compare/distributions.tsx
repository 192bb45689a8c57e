import { useMemo } from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import type {
  Comparison,
  Distribution,
  DistributionRow
} from '../../api/types';
import { barsOf } from '../../charts/bars';
import { Histogram } from '../../charts/histogram';
import { formatNumber } from '../../model/format';
import { Section } from '../basics';
import { useServices } from '../services';

/** How the columns of the data lie in each run, on the same axes. */
export function Distributions(props: {
  comparison: Comparison;
  showEqual: boolean;
}): JSX.Element | null {
  const { trans } = useServices();
  const { runs, distributions } = props.comparison;
  const rows = distributions.filter(row => row.differs || props.showEqual);
  if (rows.length === 0) {
    return null;
  }
  const title = trans.__('Distributions');
  return (
    <Section title={title} count={rows.length} className="jp-MLOps-values">
      <table aria-label={title}>
        <thead className="jp-MLOps-hidden">
          <tr>
            <th scope="col">{trans.__('Column')}</th>
            {runs.map(run => (
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

function Row(props: { row: DistributionRow }): JSX.Element {
  const { trans } = useServices();
  const { row } = props;
  const bars = useMemo(() => barsOf(row.columns), [row]);
  return (
    <tr>
      <th scope="row">{row.key}</th>
      {row.columns.map((column, index) => (
        <td key={index}>
          {column ? (
            <Histogram bars={bars[index] ?? []} label={tell(column, trans)} />
          ) : (
            <span className="jp-MLOps-hint">–</span>
          )}
        </td>
      ))}
    </tr>
  );
}

/** What the bars show, in words. */
function tell(column: Distribution, trans: TranslationBundle): string {
  const { counts, min, max, values } = column;
  if (values.length > 0) {
    return values
      .map((value, index) => `${value}: ${counts[index]}`)
      .join(', ');
  }
  const width = ((max ?? 0) - (min ?? 0)) / counts.length;
  const from = (min ?? 0) + counts.indexOf(Math.max(...counts)) * width;
  return trans.__(
    '%1 to %2, most between %3 and %4',
    formatNumber(min),
    formatNumber(max),
    formatNumber(from),
    formatNumber(from + width)
  );
}
