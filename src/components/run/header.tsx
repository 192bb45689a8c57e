import { useState } from 'react';
import { ellipsesIcon, launchIcon } from '@jupyterlab/ui-components';
import type { Run } from '../../api/types';
import { backIcon, compareIcon, restoreIcon } from '../../icons';
import { attempt } from '../../report';
import { CommandIDs } from '../../tokens';
import { Ago, IconButton, TextButton } from '../basics';
import { useServices } from '../services';
import { RunDuration, StatusMark } from '../status';
import { Authors, Tags } from '../tags';
import { Who } from '../who';
import { Verdict } from './verdict';

/** Who, when, how it went; and what can be done with the run. */
export function RunHeader(props: {
  run: Run | null;
  authors?: Authors;
  onBack?: () => void;
}): JSX.Element {
  const { trans } = useServices();
  const { run } = props;
  return (
    <div className="jp-MLOps-runHeader">
      <div className="jp-MLOps-runHeader-bar">
        {props.onBack && (
          <IconButton
            className="jp-MLOps-pointing"
            icon={backIcon}
            label={trans.__('Back')}
            onClick={props.onBack}
          />
        )}
        {run && <RunName run={run} />}
        {run && <Actions run={run} inPanel={props.onBack !== undefined} />}
      </div>
      {run && (
        <>
          <div className="jp-MLOps-run-facts">
            <StatusMark status={run.status} />
            {run.verdict && <Verdict verdict={run.verdict} />}
            <RunDuration run={run} />
            <Ago time={run.start_time} />
            <span>{run.experiment}</span>
            <Who user={run.user} />
            <RunTags run={run} authors={props.authors} />
            {run.archived && (
              <span className="jp-MLOps-badge">{trans.__('Archived')}</span>
            )}
            {run.lifecycle_stage === 'deleted' && (
              <span className="jp-MLOps-badge">{trans.__('In the trash')}</span>
            )}
          </div>
          <MainActions run={run} />
        </>
      )}
    </div>
  );
}

/** The name; a click makes it a field. */
function RunName(props: { run: Run }): JSX.Element {
  const { mlops, trans } = useServices();
  const [draft, setDraft] = useState<string | null>(null);
  const { run } = props;

  const save = async () => {
    const name = draft?.trim();
    setDraft(null);
    if (name && name !== run.name) {
      await attempt(() => mlops.runs.rename(run.run_id, name));
    }
  };

  if (draft === null) {
    return (
      <h2 className="jp-MLOps-runName">
        <button
          type="button"
          title={trans.__('Rename %1', run.name)}
          onClick={() => setDraft(run.name)}
        >
          {run.name}
        </button>
      </h2>
    );
  }
  return (
    <input
      className="jp-MLOps-input"
      aria-label={trans.__('Name of the run')}
      value={draft}
      // The user has just asked for this field.
      autoFocus
      onFocus={event => event.target.select()}
      onChange={event => setDraft(event.target.value)}
      onBlur={() => void save()}
      onKeyDown={event => {
        if (event.key === 'Enter') {
          void save();
        } else if (event.key === 'Escape') {
          setDraft(null);
        }
      }}
    />
  );
}

function RunTags(props: { run: Run; authors?: Authors }): JSX.Element {
  const { mlops } = useServices();
  const { run } = props;
  return (
    <Tags
      tags={run.tags}
      authors={props.authors}
      onSet={tags => mlops.runs.tag([run.run_id], tags)}
    />
  );
}

function Actions(props: { run: Run; inPanel: boolean }): JSX.Element {
  const { commands, trans, stage } = useServices();
  const runId = props.run.run_id;
  return (
    <>
      {props.inPanel && stage.hasTabs && (
        <IconButton
          icon={launchIcon}
          label={trans.__('Open in a tab')}
          onClick={() =>
            void commands.execute(CommandIDs.openRunTab, { runId })
          }
        />
      )}
      <IconButton
        icon={ellipsesIcon}
        label={trans.__('More')}
        onClick={event => openMenu(event)}
      />
    </>
  );
}

/** The context menu of the run, for those who look for a button. */
function openMenu(event: React.MouseEvent): void {
  const { left, bottom } = event.currentTarget.getBoundingClientRect();
  event.currentTarget.dispatchEvent(
    new MouseEvent('contextmenu', {
      bubbles: true,
      cancelable: true,
      clientX: left,
      clientY: bottom
    })
  );
}

function MainActions(props: { run: Run }): JSX.Element {
  const { commands, mlops, trans } = useServices();
  const { run } = props;
  const runIds = [run.run_id];
  const compareWith = () => {
    mlops.runs.select(run.run_id, true);
    void commands.execute(CommandIDs.openPanel, { list: true });
  };
  return (
    <div className="jp-MLOps-actions">
      <TextButton
        icon={compareIcon}
        title={trans.__('Select this run and choose another one')}
        onClick={compareWith}
      >
        {trans.__('Compare with …')}
      </TextButton>
      {run.notebook !== null && (
        <TextButton
          icon={restoreIcon}
          title={trans.__(
            'Open the notebook as it was then: sources, outputs, deleted cells'
          )}
          onClick={() =>
            void commands.execute(CommandIDs.restoreNotebook, {
              runId: run.run_id
            })
          }
        >
          {trans.__('Restore as a new notebook')}
        </TextButton>
      )}
      {run.model_count > 0 && (
        <TextButton
          onClick={() =>
            void commands.execute(CommandIDs.registerModel, {
              runId: run.run_id
            })
          }
        >
          {trans.__('Register')}
        </TextButton>
      )}
      {run.status === 'RUNNING' && (
        <TextButton
          onClick={() =>
            void commands.execute(CommandIDs.endRun, { runId: run.run_id })
          }
        >
          {trans.__('End')}
        </TextButton>
      )}
      {run.archived && (
        <TextButton
          onClick={() =>
            void commands.execute(CommandIDs.unarchiveRuns, { runIds })
          }
        >
          {trans.__('Take out of the archive')}
        </TextButton>
      )}
      {run.lifecycle_stage === 'deleted' && (
        <TextButton
          onClick={() => void attempt(() => mlops.runs.restore(runIds))}
        >
          {trans.__('Restore')}
        </TextButton>
      )}
    </div>
  );
}
