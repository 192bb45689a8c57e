import { useState } from 'react';
import { runsCell, withRunColors } from '../../charts/cells';
import { barSpec } from '../../charts/specs';
import { VegaView } from '../../charts/vegaview';
import type { ChartsModel } from '../../model/charts';
import { formatNumber } from '../../model/format';
import { Nothing } from '../basics';
import { useServices } from '../services';
import { ChartCard } from './chartcard';
import { WordSelect } from './fieldselect';
import { looksOf, markOf, SAVED_WIDTH } from './looks';

/** The last value of a metric, a bar for each run. */
export function FinalValues(props: { model: ChartsModel }): JSX.Element {
  const services = useServices();
  const { trans } = services;
  const { model } = props;
  const [chosen, setChosen] = useState<string | null>(null);
  const metric = chosen ?? model.target;
  if (metric === null) {
    return (
      <Nothing>
        {trans.__(
          "These runs have no metric. mlops.log_metric('accuracy', value) gives them one."
        )}
      </Nothing>
    );
  }
  const make = (width: number) =>
    barSpec(looksOf(model, services, width), metric);
  const values = model.shown
    .map(run => `${run.name} ${formatNumber(run.metrics[metric])}`)
    .join('; ');
  return (
    <>
      <WordSelect
        label={trans.__('Metric')}
        value={metric}
        options={model.keys.map(({ key }) => key)}
        onChange={setChosen}
      />
      <ChartCard
        title={trans.__('Last value of %1', metric)}
        takeaway={{
          name: `last-${metric}`,
          spec: () => make(SAVED_WIDTH),
          cell: () =>
            runsCell(
              model.shown.map(run => run.run_id),
              { value: `metrics.${metric}` },
              withRunColors(make(SAVED_WIDTH))
            )
        }}
      >
        <VegaView
          make={make}
          mark={`${metric} ${markOf(model)}`}
          label={`${metric}: ${values}`}
        />
      </ChartCard>
    </>
  );
}
