import type { NoteBlock, Run } from '../../api/types';
import { LineSample } from '../../charts/curvechart';
import { ChartsModel } from '../../model/charts';
import { NoteBlockModel } from '../../model/note';
import { CommandIDs } from '../../tokens';
import { Nothing, Problem } from '../basics';
import { CurveCard } from '../charts/curvecard';
import { useOwned, useServices } from '../services';
import { columnTitle } from '../table/titles';
import { RunValue } from '../runvalue';

/** Runs in a note: a table, curves, or both; they follow the record. */
export function Block(props: {
  text: string;
  experiment: string;
}): JSX.Element {
  const { mlops, trans } = useServices();
  const { text, experiment } = props;
  const { block, error } = useOwned(
    `${experiment} ${text}`,
    () =>
      new NoteBlockModel({
        client: mlops.client,
        changes: mlops.changes,
        text,
        experiment
      })
  );
  if (error) {
    return <Problem>{error}</Problem>;
  }
  if (!block) {
    return <Nothing>{trans.__('Reading the record …')}</Nothing>;
  }
  if (block.runs.length === 0) {
    return <Nothing>{trans.__('No run matches.')}</Nothing>;
  }
  return (
    <div className="jp-MLOps-block">
      {block.charts.length > 0 && <BlockCharts block={block} />}
      {block.columns.length > 0 && <BlockTable block={block} />}
    </div>
  );
}

function BlockCharts(props: { block: NoteBlock }): JSX.Element {
  const { mlops, trans } = useServices();
  const { charts, runs } = props.block;
  const runIds = runs.map(run => run.run_id);
  const model = useOwned(
    runIds.join(),
    () =>
      new ChartsModel({
        client: mlops.client,
        changes: mlops.changes,
        state: { runIds }
      })
  );
  return (
    <>
      <div className="jp-MLOps-cards">
        {model.runs &&
          charts.map(metric => (
            <CurveCard key={metric} model={model} metric={metric} />
          ))}
      </div>
      <ul className="jp-MLOps-legend" aria-label={trans.__('Runs')}>
        {(model.runs ?? []).map(run => (
          <li key={run.run_id}>
            <LineSample index={model.style(run.run_id)} />
            {run.name}
          </li>
        ))}
      </ul>
    </>
  );
}

function BlockTable(props: { block: NoteBlock }): JSX.Element {
  const { trans } = useServices();
  const { columns, runs, total, total_is_exact } = props.block;
  return (
    // What scrolls must be reachable by keyboard.
    <div
      className="jp-MLOps-block-scroll"
      role="group"
      tabIndex={0}
      aria-label={trans.__('Runs')}
    >
      <table className="jp-MLOps-block-table">
        <thead>
          <tr>
            <th scope="col">{trans.__('Run')}</th>
            {columns.map(id => (
              <th key={id} scope="col" title={id}>
                {columnTitle(id, trans)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {runs.map(run => (
            <Row key={run.run_id} run={run} columns={columns} />
          ))}
        </tbody>
      </table>
      {runs.length < total && (
        <p className="jp-MLOps-hint">
          {total_is_exact
            ? trans.__('%1 of %2 runs', runs.length, total)
            : trans.__('%1 of more than %2 runs', runs.length, total)}
        </p>
      )}
    </div>
  );
}

function Row(props: { run: Run; columns: readonly string[] }): JSX.Element {
  const { commands } = useServices();
  const { run, columns } = props;
  return (
    <tr>
      <th scope="row">
        <button
          type="button"
          className="jp-MLOps-run-name"
          onClick={() =>
            void commands.execute(CommandIDs.openRun, { runId: run.run_id })
          }
        >
          {run.name}
        </button>
      </th>
      {columns.map(id => (
        <td key={id}>
          <RunValue run={run} column={id} />
        </td>
      ))}
    </tr>
  );
}
