import { useState } from 'react';
import type { ChartsModel } from '../../model/charts';
import { Nothing, SearchField, TextButton } from '../basics';
import { WhenVisible } from '../hosted';
import { useServices } from '../services';
import { CurveCard } from './curvecard';

/** A chart for each chosen metric that was logged more than once. */
export function Curves(props: { model: ChartsModel }): JSX.Element {
  const { trans } = useServices();
  const { model } = props;
  const [choosing, setChoosing] = useState(false);
  if (model.series.length === 0) {
    return (
      <Nothing>
        {trans.__(
          "No metric of these runs was logged more than once. In a loop, mlops.log_metric('loss', value, step=step) draws a curve."
        )}
      </Nothing>
    );
  }
  return (
    <>
      <TextButton expanded={choosing} onClick={() => setChoosing(!choosing)}>
        {trans.__(
          'Metrics: %1 of %2',
          model.curves.length,
          model.series.length
        )}
      </TextButton>
      {choosing && <MetricChooser model={model} />}
      <div className="jp-MLOps-cards">
        {model.curves.map(metric => (
          <WhenVisible key={metric}>
            {() => <CurveCard model={model} metric={metric} />}
          </WhenVisible>
        ))}
      </div>
    </>
  );
}

function MetricChooser(props: { model: ChartsModel }): JSX.Element {
  const { trans } = useServices();
  const { model } = props;
  const [text, setText] = useState('');
  const word = text.trim().toLowerCase();
  const shown = new Set(model.curves);
  return (
    <div
      className="jp-MLOps-metricChooser"
      role="group"
      aria-label={trans.__('Metrics')}
    >
      <SearchField
        label={trans.__('Search metrics')}
        value={text}
        onChange={setText}
      />
      {model.series
        .filter(key => key.toLowerCase().includes(word))
        .slice(0, 200)
        .map(key => (
          <label key={key} className="jp-MLOps-check">
            <input
              type="checkbox"
              checked={shown.has(key)}
              onChange={() => model.toggleCurve(key)}
            />
            {key}
          </label>
        ))}
    </div>
  );
}
