import type { ChartsModel } from '../../model/charts';
import { Nothing, Problem, Section } from '../basics';
import { WhenVisible } from '../hosted';
import { useModel, useServices } from '../services';
import { Curves } from './curves';
import { FinalValues } from './finalvalues';
import { ParamCharts } from './paramcharts';
import { Predictions } from './predictions';
import { RunLegend } from './runlegend';
import { Scatter } from './scatter';
import { ChartsToolbar } from './toolbar';

/** Charts of some runs: curves first, then what the runs have come to. */
export function ChartsView(props: {
  model: ChartsModel;
  onCopyLink: (() => void) | null;
}): JSX.Element {
  const { trans } = useServices();
  const model = useModel(props.model);
  return (
    <div className="jp-MLOps-chartsView">
      {model.error && <Problem>{model.error}</Problem>}
      {model.runs === null && !model.error && (
        <Nothing>{trans.__('Reading the record …')}</Nothing>
      )}
      {model.runs?.length === 0 && (
        <Nothing>
          {trans.__(
            'There is no run yet. Fit a model in a notebook, or log a metric: its curves appear here.'
          )}
        </Nothing>
      )}
      {model.runs && model.runs.length > 0 && (
        <>
          <ChartsToolbar model={model} onCopyLink={props.onCopyLink} />
          <div className="jp-MLOps-chartsView-main">
            <RunLegend model={model} />
            <Charts model={model} />
          </div>
        </>
      )}
    </div>
  );
}

function Charts(props: { model: ChartsModel }): JSX.Element {
  const { trans } = useServices();
  const { model } = props;
  if (model.shown.length === 0) {
    return (
      <Nothing>
        {trans.__('Every run is hidden. Tick those that you want to see.')}
      </Nothing>
    );
  }
  const parts = [
    [trans.__('Curves'), Curves],
    [trans.__('Last values'), FinalValues],
    [trans.__('Params and what they led to'), ParamCharts],
    [trans.__('Any two columns'), Scatter],
    [trans.__('Predictions'), Predictions]
  ] as const;
  return (
    <div className="jp-MLOps-chartsView-parts">
      {parts.map(([title, Part]) => (
        <Section key={title} title={title}>
          <WhenVisible>{() => <Part model={model} />}</WhenVisible>
        </Section>
      ))}
    </div>
  );
}
