import { useState } from 'react';
import {
  copyIcon,
  downloadIcon,
  notebookIcon
} from '@jupyterlab/ui-components';
import type { Comparison } from '../../api/types';
import type { ComparisonModel } from '../../model/comparison';
import { summarize } from '../../model/summary';
import { CommandIDs } from '../../tokens';
import { Nothing, Problem, Section, Switch, TextButton } from '../basics';
import { useModel, useServices } from '../services';
import { ComparedCells } from './cells';
import { ComparedCurves } from './curves';
import { Distributions } from './distributions';
import { ComparedFigures } from './figures';
import { GitDiffs } from './gitdiffs';
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
  const rows = {
    [trans.__('Metrics')]: comparison.metrics,
    [trans.__('Params')]: comparison.params,
    [trans.__('Tags')]: comparison.tags,
    [trans.__('Data')]: comparison.data,
    [trans.__('Git')]: comparison.git,
    [trans.__('Environment')]: comparison.environment
  };
  const tables = Object.entries(rows);
  const equal = tables.reduce((sum, [, each]) => sum + countEqual(each), 0);
  const style = { '--jp-mlops-columns': comparison.runs.length };
  const grid = (
    part: typeof tables,
    head?: JSX.Element,
    foot?: JSX.Element
  ) => (
    <div
      className="jp-MLOps-compare-grid"
      style={style as React.CSSProperties}
      role="group"
      aria-label={part.map(([title]) => title).join(', ')}
      tabIndex={0}
    >
      {head}
      {part.map(([title, each]) => (
        <ValueTable
          key={title}
          title={title}
          rows={each}
          runs={comparison.runs}
          showEqual={showEqual}
        />
      ))}
      {foot}
    </div>
  );
  return (
    <>
      <p className="jp-MLOps-summary" role="status">
        {summarize(comparison, trans)}
      </p>
      <Bar model={model}>
        <label className="jp-MLOps-check">
          <Switch
            label={trans.__('Differences only')}
            checked={!showEqual}
            onChange={only => setShowEqual(!only)}
          />
          <span aria-hidden="true">
            {trans.__('Differences only')}
            <span className="jp-MLOps-hint">
              {' '}
              {trans._n('%1 equal value', '%1 equal values', equal)}
            </span>
          </span>
        </label>
      </Bar>
      {grid(
        tables.slice(0, 2),
        <RunColumns model={model} runs={comparison.runs} />
      )}
      <ComparedCurves model={model} comparison={comparison} />
      <Section title={trans.__('Cells')}>
        <ComparedCells
          model={model}
          comparison={comparison}
          showEqual={showEqual}
        />
      </Section>
      <ComparedFigures model={model} comparison={comparison} />
      {grid(
        tables.slice(2),
        undefined,
        <Distributions comparison={comparison} showEqual={showEqual} />
      )}
      <GitDiffs model={model} comparison={comparison} />
    </>
  );
}

/** What can be done with the comparison as a whole. */
function Bar(props: {
  model: ComparisonModel;
  children: React.ReactNode;
}): JSX.Element {
  const { commands, trans } = useServices();
  const run = (command: string, format?: string) =>
    void commands.execute(command, {
      runIds: [...props.model.runIds],
      ...(format && { format })
    });
  return (
    <div
      className="jp-MLOps-compare-bar"
      role="toolbar"
      aria-label={trans.__('Comparison')}
    >
      {props.children}
      <TextButton
        icon={copyIcon}
        onClick={() => run(CommandIDs.copyComparisonLink)}
      >
        {trans.__('Copy link')}
      </TextButton>
      <TextButton
        icon={downloadIcon}
        title={trans.__('One file that needs neither network nor scripts')}
        onClick={() => run(CommandIDs.exportComparison, 'html')}
      >
        {trans.__('Save as HTML')}
      </TextButton>
      <TextButton
        icon={notebookIcon}
        onClick={() => run(CommandIDs.exportComparison, 'notebook')}
      >
        {trans.__('Open as notebook')}
      </TextButton>
    </div>
  );
}
