import { useState } from 'react';
import { copyIcon, undoIcon } from '@jupyterlab/ui-components';
import { Clipboard } from '@jupyterlab/apputils';
import { CellHistoryModel, ICellVersion } from '../model/history';
import { CommandIDs, ICellAddress } from '../tokens';
import { Ago, IconButton, Nothing, Problem } from './basics';
import { DetailsHead } from './detailshead';
import { Code, WhenVisible } from './hosted';
import { ExecutionHead, LoadedOutputs, RedactedSource } from './run/cells';
import { useOwned, useServices } from './services';
import { WaysBack } from './waysback';

/** What a cell has been: every source that was executed, with times and outputs. */
export function HistoryView(props: {
  cell: ICellAddress;
  onBack: () => void;
}): JSX.Element {
  const { commands, mlops, trans } = useServices();
  const { cell } = props;
  const model = useOwned(
    cell.cellId,
    () =>
      new CellHistoryModel({
        cell,
        client: mlops.client,
        changes: mlops.changes
      })
  );
  return (
    <div className="jp-MLOps-details">
      <DetailsHead
        title={trans.__('History of a cell')}
        hint={cell.notebook}
        onBack={props.onBack}
      />
      <div className="jp-MLOps-scroll jp-MLOps-padded">
        {model.error && <Problem>{model.error}</Problem>}
        {model.versions?.length === 0 && (
          <Nothing>
            {trans.__('This cell has not been executed while it was recorded.')}
          </Nothing>
        )}
        {model.versions && model.versions.length > 0 && (
          <p className="jp-MLOps-padded-line">
            <button
              type="button"
              className="jp-MLOps-link"
              onClick={() =>
                void commands.execute(CommandIDs.forget, {
                  cellId: cell.cellId
                })
              }
            >
              {trans.__('Forget this cell …')}
            </button>
          </p>
        )}
        {model.versions && model.versions.length > 1 && (
          <VersionSlider versions={model.versions} />
        )}
        <ol className="jp-MLOps-plain">
          {model.versions?.map((version, index) => (
            <Version
              key={version.executions[0].execution_id}
              version={version}
              number={(model.versions?.length ?? 0) - index}
              model={model}
            />
          ))}
        </ol>
      </div>
    </div>
  );
}

/** Goes through the versions, the oldest at the left. */
function VersionSlider(props: {
  versions: readonly ICellVersion[];
}): JSX.Element {
  const { trans } = useServices();
  const count = props.versions.length;
  const [number, setNumber] = useState(count);
  const [last] = props.versions[count - Math.min(number, count)].executions;
  return (
    <label className="jp-MLOps-versionSlider">
      <span>{trans.__('Version')}</span>
      <input
        type="range"
        min={1}
        max={count}
        value={number}
        aria-valuetext={trans.__('%1 of %2', number, count)}
        onChange={({ target }) => {
          setNumber(+target.value);
          document
            .getElementById(versionId(props.versions[count - +target.value]))
            ?.scrollIntoView({ block: 'nearest' });
        }}
      />
      <output>{trans.__('%1 of %2', number, count)}</output>
      <span className="jp-MLOps-hint">
        <Ago time={last.started_at} />
      </span>
    </label>
  );
}

function versionId(version: ICellVersion): string {
  return `jp-MLOps-version-${version.executions[0].execution_id}`;
}

function Version(props: {
  version: ICellVersion;
  number: number;
  model: CellHistoryModel;
}): JSX.Element {
  const { commands, trans } = useServices();
  const { version, number } = props;
  const [last] = version.executions;
  return (
    <li className="jp-MLOps-execution" id={versionId(version)}>
      <div className="jp-MLOps-line">
        <strong>{trans.__('Version %1', number)}</strong>
        <span className="jp-MLOps-hint">
          {trans._n(
            'executed %1 time',
            'executed %1 times',
            version.executions.length
          )}
          {', '}
          <Ago time={last.started_at} />
        </span>
        <span className="jp-MLOps-version-actions">
          <IconButton
            icon={copyIcon}
            label={trans.__('Copy version %1', number)}
            onClick={() => Clipboard.copyToSystem(version.source)}
          />
          <IconButton
            icon={undoIcon}
            label={trans.__('Restore version %1 into the cell', number)}
            onClick={() =>
              void commands.execute(CommandIDs.restoreSource, {
                source: version.source,
                cellId: props.model.cell.cellId
              })
            }
          />
          <WaysBack
            execution={last}
            labels={{
              insert: trans.__('Insert version %1 below the cell', number),
              restore: trans.__('Restore the notebook as of version %1', number)
            }}
          />
        </span>
      </div>
      <Code source={version.source} />
      <RedactedSource source={version.source} />
      <ExecutionHead execution={last} />
      <RunLinks runIds={last.run_ids} />
      <WhenVisible>
        {() => (
          <LoadedOutputs
            execution={last}
            load={id => props.model.execution(id)}
          />
        )}
      </WhenVisible>
    </li>
  );
}

/** The runs that an execution belonged to. */
function RunLinks(props: { runIds: readonly string[] }): JSX.Element {
  const { commands, mlops, trans } = useServices();
  return (
    <>
      {props.runIds.map(runId => (
        <button
          key={runId}
          type="button"
          className="jp-MLOps-link"
          onClick={() => void commands.execute(CommandIDs.openRun, { runId })}
        >
          {mlops.runs.find(runId)?.name ??
            trans.__('Run %1', runId.slice(0, 8))}
        </button>
      ))}
    </>
  );
}
