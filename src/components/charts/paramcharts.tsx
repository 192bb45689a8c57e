import { useMemo } from 'react';
import { valuesCell } from '../../charts/cells';
import { varyingParams } from '../../charts/fields';
import { importances, LEAST_RUNS } from '../../charts/importance';
import { importanceSpec, parallelSpec } from '../../charts/specs';
import { VegaView } from '../../charts/vegaview';
import type { ChartsModel } from '../../model/charts';
import { parseColumn } from '../../model/columns';
import { formatNumber } from '../../model/format';
import { Nothing } from '../basics';
import { useServices } from '../services';
import { ChartCard } from './chartcard';
import { WordSelect } from './fieldselect';
import { looksOf, markOf, SAVED_WIDTH } from './looks';

/** Axes that fit beside each other; the heaviest params have them. */
const AXES = 8;

/** Params that the chart of importance lists. */
const LISTED = 20;

/** Which params led to which result. */
export function ParamCharts(props: { model: ChartsModel }): JSX.Element {
  const { trans } = useServices();
  const { model } = props;
  const metric = model.target;
  const params = varyingParams(model.shown);
  if (metric === null || params.length === 0) {
    return (
      <Nothing>
        {trans.__(
          'The runs shown do not differ in their params. Choose runs that were made with other values.'
        )}
      </Nothing>
    );
  }
  return (
    <>
      <WordSelect
        label={trans.__('Result')}
        value={metric}
        options={model.keys.map(({ key }) => key)}
        onChange={target => model.set({ target })}
      />
      <div className="jp-MLOps-cards">
        <Parallel model={model} metric={metric} params={params} />
        <Importance model={model} metric={metric} />
      </div>
    </>
  );
}

function Parallel(props: {
  model: ChartsModel;
  metric: string;
  params: readonly string[];
}): JSX.Element {
  const services = useServices();
  const { trans } = services;
  const { model, metric, params } = props;
  const weights = new Map(
    importances(model.shown, metric).map(({ id, weight }) => [id, weight])
  );
  const axes = [...params]
    .sort((a, b) => (weights.get(b) ?? -1) - (weights.get(a) ?? -1))
    .slice(0, AXES);
  const make = (width: number) =>
    parallelSpec(looksOf(model, services, width), axes, metric);
  return (
    <ChartCard
      title={trans.__('Parallel coordinates')}
      takeaway={{
        name: `params-${metric}`,
        spec: () => make(SAVED_WIDTH),
        cell: () => valuesCell(make(SAVED_WIDTH))
      }}
    >
      <VegaView
        make={make}
        mark={`${metric} ${markOf(model)}`}
        label={trans.__(
          'A line for each of %1 runs through %2 to %3',
          model.shown.length,
          axes.map(id => parseColumn(id).key).join(', '),
          metric
        )}
      />
    </ChartCard>
  );
}

function Importance(props: {
  model: ChartsModel;
  metric: string;
}): JSX.Element {
  const { trans } = useServices();
  const { model, metric } = props;
  const rows = useMemo(
    () => importances(model.shown, metric).slice(0, LISTED),
    [model.shown, metric]
  );
  const title = trans.__('Importance of the params');
  if (rows.length === 0) {
    return (
      <ChartCard title={title} takeaway={null}>
        <Nothing>
          {trans.__(
            'It takes at least %1 runs with different params to say anything.',
            LEAST_RUNS
          )}
        </Nothing>
      </ChartCard>
    );
  }
  const make = (width: number) => importanceSpec(rows, width, trans);
  return (
    <ChartCard
      title={title}
      hint={trans.__(
        'Rank correlation (Spearman) for numbers, root of epsilon squared for words; each param by itself, over %1 runs. A correlation is no cause.',
        Math.max(...rows.map(({ runs }) => runs))
      )}
      takeaway={{
        name: `importance-${metric}`,
        spec: () => make(SAVED_WIDTH),
        cell: () => valuesCell(make(SAVED_WIDTH))
      }}
    >
      <VegaView
        make={make}
        mark={JSON.stringify(rows)}
        label={rows
          .map(
            ({ id, weight }) => `${parseColumn(id).key} ${formatNumber(weight)}`
          )
          .join('; ')}
      />
    </ChartCard>
  );
}
