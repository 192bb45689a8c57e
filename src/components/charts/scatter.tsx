import { runsCell, withRunColors } from '../../charts/cells';
import { fields, varyingParams } from '../../charts/fields';
import { IScatter, scatterSpec } from '../../charts/specs';
import { VegaView } from '../../charts/vegaview';
import type { ChartsModel } from '../../model/charts';
import type { IChartsState } from '../../model/chartsstate';
import { Nothing } from '../basics';
import { useServices } from '../services';
import { columnTitle } from '../table/titles';
import { ChartCard } from './chartcard';
import { FieldSelect } from './fieldselect';
import { looksOf, markOf, SAVED_WIDTH } from './looks';

type Channel = keyof IChartsState['scatter'];

/** Runs by two columns of the user's choice, with a third as colour and a fourth as size. */
export function Scatter(props: { model: ChartsModel }): JSX.Element {
  const services = useServices();
  const { trans } = services;
  const { model } = props;
  const columns = columnsOf(model);
  if (!columns) {
    return (
      <Nothing>
        {trans.__('These runs have no metric that could be placed.')}
      </Nothing>
    );
  }
  const make = (width: number) =>
    scatterSpec(looksOf(model, services, width), columns);
  const title = trans.__(
    '%1 by %2',
    columnTitle(columns.y, trans),
    columnTitle(columns.x, trans)
  );
  return (
    <>
      <Channels model={model} columns={columns} />
      <ChartCard
        title={title}
        takeaway={{
          name: title,
          spec: () => make(SAVED_WIDTH),
          cell: () =>
            runsCell(
              model.shown.map(run => run.run_id),
              used(columns),
              withRunColors(make(SAVED_WIDTH))
            )
        }}
      >
        <VegaView
          make={make}
          mark={`${JSON.stringify(columns)} ${markOf(model)}`}
          label={trans._n('%1 run', '%1 runs', model.shown.length)}
        />
      </ChartCard>
    </>
  );
}

function Channels(props: {
  model: ChartsModel;
  columns: IScatter;
}): JSX.Element {
  const { trans } = useServices();
  const { model, columns } = props;
  const options = fields(model.runs ?? []);
  const channels: [Channel, string, string | undefined][] = [
    ['x', trans.__('Across'), undefined],
    ['y', trans.__('Up'), undefined],
    ['color', trans.__('Colour'), trans.__('run')],
    ['size', trans.__('Size'), trans.__('the same')]
  ];
  return (
    <div className="jp-MLOps-chooseLine">
      {channels.map(([channel, label, none]) => (
        <FieldSelect
          key={channel}
          label={label}
          value={columns[channel]}
          none={none}
          options={options}
          onChange={value =>
            model.set({ scatter: { ...model.state.scatter, [channel]: value } })
          }
        />
      ))}
    </div>
  );
}

/** What was chosen; else the metric that matters, over the first param that differs. */
function columnsOf(model: ChartsModel): IScatter | null {
  const { x, y, color, size } = model.state.scatter;
  const metric =
    y ?? (model.target === null ? null : `metrics.${model.target}`);
  if (metric === null) {
    return null;
  }
  const param = x ?? varyingParams(model.shown)[0] ?? 'attributes.start_time';
  return { x: param, y: metric, color, size };
}

function used(columns: IScatter): Record<string, string> {
  return Object.fromEntries(
    Object.entries(columns).filter(([, id]) => id !== null)
  );
}
