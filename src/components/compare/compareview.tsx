import { useState } from 'react';
import type { Comparison } from '../../api/types';
import type { ComparisonModel } from '../../model/comparison';
import { Nothing, Problem, Section } from '../basics';
import { useModel, useServices } from '../services';
import { ComparedCells } from './cells';
import { ComparedCurves } from './curves';
import { ComparedFigures } from './figures';
import { RunColumns } from './runcolumns';
import { countEqual, ValueTable } from './valuetable';

/** Runs beside each other: what differs first. */
export function CompareView(props: { model: ComparisonModel }): JSX.Element {
  const { trans } = useServices();
  const model = useModel(props.model);
  const { comparison, error } = model;
  return (
    <div className="jp-MLOps-compare">
      {error && <Problem>{error}</Problem>}
      {!comparison && !error && <Nothing>{trans.__('Comparing …')}</Nothing>}
      {comparison && <Parts model={model} comparison={comparison} />}
    </div>
  );
}

function Parts(props: {
  model: ComparisonModel;
  comparison: Comparison;
}): JSX.Element {
  const { trans } = useServices();
  const { model, comparison } = props;
  const [showEqual, setShowEqual] = useState(false);
  const tables = [
    { title: trans.__('Metrics'), rows: comparison.metrics, numeric: true },
    { title: trans.__('Params'), rows: comparison.params },
    { title: trans.__('Tags'), rows: comparison.tags },
    { title: trans.__('Data'), rows: comparison.data },
    { title: trans.__('Git'), rows: comparison.git },
    { title: trans.__('Environment'), rows: comparison.environment }
  ];
  const [above, below] = [tables.slice(0, 2), tables.slice(2)];
  const equal = tables.reduce((sum, { rows }) => sum + countEqual(rows), 0);
  const table = ({ title, rows, numeric }: (typeof tables)[number]) => (
    <ValueTable
      key={title}
      title={title}
      rows={rows}
      numeric={numeric}
      runs={comparison.runs}
      showEqual={showEqual}
    />
  );
  return (
    <>
      <p className="jp-MLOps-summary" role="status">
        {comparison.summary}
      </p>
      <div
        className="jp-MLOps-compare-grid"
        style={
          {
            '--jp-mlops-columns': comparison.runs.length
          } as React.CSSProperties
        }
      >
        <RunColumns model={model} runs={comparison.runs}>
          <label className="jp-MLOps-check jp-MLOps-showEqual">
            <input
              type="checkbox"
              checked={showEqual}
              onChange={event => setShowEqual(event.target.checked)}
            />
            {trans.__('Show equal (%1)', equal)}
          </label>
        </RunColumns>
        {above.map(table)}
      </div>
      <ComparedCurves model={model} comparison={comparison} />
      <Section title={trans.__('Cells')}>
        <ComparedCells comparison={comparison} showEqual={showEqual} />
      </Section>
      <ComparedFigures model={model} comparison={comparison} />
      <div
        className="jp-MLOps-compare-grid"
        style={
          {
            '--jp-mlops-columns': comparison.runs.length
          } as React.CSSProperties
        }
      >
        {below.map(table)}
      </div>
    </>
  );
}
