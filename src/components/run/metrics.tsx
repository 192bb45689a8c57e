import type { Metric } from '../../api/types';
import { CURVE_HEIGHT, CurveChart } from '../../charts/curvechart';
import type { RunModel } from '../../model/run';
import { Key, Problem, Value } from '../basics';
import { WhenVisible } from '../hosted';
import { useFetched, useServices } from '../services';

/** Points of a chart: not more than a wide screen shows. */
const PIXELS = 600;

/** Last values; curves of those that were logged more than once. */
export function Metrics(props: {
  model: RunModel;
  metrics: readonly Metric[];
}): JSX.Element {
  const { trans } = useServices();
  const series = props.metrics.filter(metric => metric.count > 1);
  return (
    <>
      <table className="jp-MLOps-table">
        <thead className={series.length === 0 ? 'jp-MLOps-hidden' : undefined}>
          <tr>
            <th scope="col">{trans.__('Metric')}</th>
            <th scope="col">{trans.__('Last')}</th>
            {series.length > 0 && (
              <>
                <th scope="col">{trans.__('Min')}</th>
                <th scope="col">{trans.__('Max')}</th>
              </>
            )}
          </tr>
        </thead>
        <tbody>
          {props.metrics.map(metric => (
            <Line key={metric.key} metric={metric} wide={series.length > 0} />
          ))}
        </tbody>
      </table>
      <div className="jp-MLOps-charts">
        {series.map(metric => (
          <WhenVisible key={metric.key} height={CURVE_HEIGHT}>
            {() => <MetricCurve model={props.model} metric={metric} />}
          </WhenVisible>
        ))}
      </div>
    </>
  );
}

function Line(props: { metric: Metric; wide: boolean }): JSX.Element {
  const { metric } = props;
  return (
    <tr>
      <th scope="row">
        <Key name={metric.key} />
      </th>
      <td>
        <Value value={metric.value} />
      </td>
      {props.wide && (
        <>
          <td>{metric.count > 1 && <Value value={metric.min} />}</td>
          <td>{metric.count > 1 && <Value value={metric.max} />}</td>
        </>
      )}
    </tr>
  );
}

function MetricCurve(props: {
  model: RunModel;
  metric: Metric;
}): JSX.Element | null {
  const { metric, model } = props;
  const { value: curves, error } = useFetched(
    `${model.runId} ${metric.key} ${metric.count}`,
    () => model.curves([metric.key], PIXELS)
  );
  if (error) {
    return <Problem>{error}</Problem>;
  }
  return curves && <CurveChart title={metric.key} curves={curves} />;
}
