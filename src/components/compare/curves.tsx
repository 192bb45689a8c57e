import type { Comparison, Curve } from '../../api/types';
import { CURVE_HEIGHT, CurveChart } from '../../charts/curvechart';
import type { ComparisonModel } from '../../model/comparison';
import { chartIcon } from '../../icons';
import { CommandIDs } from '../../tokens';
import { IconButton, Section } from '../basics';
import { WhenVisible } from '../hosted';
import { useFetched, useServices } from '../services';

/** Points of a chart: not more than a wide screen shows. */
const PIXELS = 800;

/** Metrics that were logged more than once, every run's curve in one chart. */
export function ComparedCurves(props: {
  model: ComparisonModel;
  comparison: Comparison;
}): JSX.Element | null {
  const { commands, trans } = useServices();
  const { model, comparison } = props;
  const keys = comparison.metrics.map(row => row.key);
  const { value } = useFetched(
    `${model.runIds.join()} ${keys.join()} ${model.revision}`,
    () => model.curves(keys, PIXELS)
  );
  const byKey = groupByKey(value ?? []);
  if (byKey.length === 0) {
    return null;
  }
  const name = (runId: string) =>
    comparison.runs.find(run => run.run_id === runId)?.name ?? runId;
  return (
    <Section
      title={trans.__('Curves')}
      actions={
        <IconButton
          icon={chartIcon}
          label={trans.__('Open charts of these runs')}
          onClick={() =>
            void commands.execute(CommandIDs.openCharts, {
              runIds: [...model.runIds]
            })
          }
        />
      }
    >
      <div className="jp-MLOps-charts">
        {byKey.map(([key, curves]) => (
          <WhenVisible key={key} height={CURVE_HEIGHT}>
            {() => (
              <CurveChart
                title={key}
                curves={curves}
                names={curves.map(curve => name(curve.run_id))}
                styles={curves.map(curve => model.style(curve.run_id))}
              />
            )}
          </WhenVisible>
        ))}
      </div>
    </Section>
  );
}

/** Curves of more than one point, by metric. */
function groupByKey(curves: readonly Curve[]): [string, Curve[]][] {
  const groups = new Map<string, Curve[]>();
  for (const curve of curves) {
    groups.set(curve.key, [...(groups.get(curve.key) ?? []), curve]);
  }
  return [...groups].filter(([, group]) =>
    group.some(curve => curve.count > 1)
  );
}
