import { useEffect, useId, useRef, useState } from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Session } from '../api/types';
import type { PanelRoute } from '../model/route';
import type { Light, StatusModel } from '../model/status';
import { formatTime } from '../model/format';
import { lockIcon } from '../icons';
import { attempt } from '../report';
import { CommandIDs } from '../tokens';
import { Switch } from './basics';
import { RedactionList } from './redacted';
import { useModel, useServices } from './services';

/** The word beside the light. */
export function lightWord(light: Light, trans: TranslationBundle): string {
  switch (light) {
    case 'recording':
      return trans.__('Recording');
    case 'degraded':
      return trans.__('Recording degraded');
    case 'paused':
      return trans.__('Paused');
    case 'kept-out':
      return trans.__('Notebook left alone');
    case 'locked':
      return trans.__('Locked: not recording');
    case 'off':
      return trans.__('Not recording');
    case 'unknown':
      return trans.__('No connection');
  }
}

/** Top of the panel: whether the current notebook is recorded, and the switch for it. */
export function RecordingBar(props: { route: PanelRoute }): JSX.Element {
  const { mlops, trans } = useServices();
  const status = useModel(mlops.status);
  const notebook = useModel(mlops.notebook);
  const [open, setOpen] = useState(false);
  const id = useId();
  const { kernelId } = notebook;
  const on = status.light === 'recording' || status.light === 'degraded';

  const toggle = (enabled: boolean) =>
    attempt(() =>
      kernelId && status.session && status.status?.recording
        ? status.recordKernel(kernelId, enabled)
        : status.recordAll(enabled)
    );

  return (
    <div className="jp-MLOps-recording" data-light={status.light}>
      <div className="jp-MLOps-recording-bar">
        <button
          type="button"
          className="jp-MLOps-light"
          aria-expanded={open}
          aria-controls={id}
          title={trans.__('What is recorded, and what is not')}
          onClick={() => setOpen(!open)}
        >
          {status.light === 'locked' ? (
            <lockIcon.react tag="span" className="jp-MLOps-light-lock" />
          ) : (
            <span className="jp-MLOps-light-dot" aria-hidden="true" />
          )}
          <span role="status">{lightWord(status.light, trans)}</span>
          {notebook.name && (
            <span className="jp-MLOps-light-name" title={notebook.path ?? ''}>
              {notebook.name}
            </span>
          )}
        </button>
        <Switch
          label={
            kernelId && status.session
              ? trans.__('Record this notebook')
              : trans.__('Record what I run')
          }
          checked={on}
          disabled={status.light === 'unknown' || status.isLocked}
          onChange={enabled => void toggle(enabled)}
        />
      </div>
      <SessionLine status={status} route={props.route} />
      {open && (
        <LightDetails id={id} status={status} onClose={() => setOpen(false)} />
      )}
    </div>
  );
}

/** What the current kernel's session has given so far. */
function SessionLine(props: {
  status: StatusModel;
  route: PanelRoute;
}): JSX.Element | null {
  const { trans } = useServices();
  const { session } = props.status;
  if (!session) {
    return null;
  }
  const executions = session.execution_count;
  const runs = session.run_count;
  return (
    <div className="jp-MLOps-session">
      <button
        type="button"
        className="jp-MLOps-quiet"
        title={trans.__('In this session: show what the kernel has executed')}
        onClick={() => props.route.showSession(session.session_id)}
      >
        {trans._n('%1 execution', '%1 executions', executions)}
        {' · '}
        {trans._n('%1 run', '%1 runs', runs)}
      </button>
      <OpenRunButton session={session} />
    </div>
  );
}

/** Opens a run in the kernel, or ends the one that is open. */
function OpenRunButton(props: { session: Session }): JSX.Element | null {
  const { commands, mlops, trans } = useServices();
  const { runs } = useModel(mlops.runs);
  const { session } = props;
  if (session.language !== 'python' || !session.recording) {
    return null;
  }
  const open = runs.find(
    run => run.session_id === session.session_id && run.status === 'RUNNING'
  );
  return open ? (
    <button
      type="button"
      className="jp-MLOps-link"
      onClick={() =>
        void commands.execute(CommandIDs.endRun, { runId: open.run_id })
      }
    >
      {trans.__('End run')}
    </button>
  ) : (
    <button
      type="button"
      className="jp-MLOps-link"
      onClick={() => void commands.execute(CommandIDs.startRun)}
    >
      {trans.__('Start run')}
    </button>
  );
}

/** Why the light is not green, and the switch for good. */
function LightDetails(props: {
  id: string;
  status: StatusModel;
  onClose: () => void;
}): JSX.Element {
  const { trans, commands } = useServices();
  const { status, error, session, isLocked } = props.status;
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => ref.current?.focus(), []);

  return (
    <div
      id={props.id}
      ref={ref}
      className="jp-MLOps-light-details"
      role="region"
      aria-label={trans.__('Recording')}
      tabIndex={-1}
      onKeyDown={event => event.key === 'Escape' && props.onClose()}
    >
      {error && <p>{trans.__('The server does not answer: %1', error)}</p>}
      {status && status.not_stored > 0 && (
        <p>
          {trans._n(
            '%1 record was not stored.',
            '%1 records were not stored.',
            status.not_stored
          )}
        </p>
      )}
      {status && status.faults.length > 0 && (
        <ul className="jp-MLOps-faults">
          {status.faults.map(fault => (
            <li key={`${fault.where} ${fault.message}`}>
              <strong>{fault.where}</strong>: {fault.message}
              <span className="jp-MLOps-hint">
                {trans._n('%1 time', '%1 times', fault.count)}
                {', '}
                {trans.__('last %1', formatTime(fault.last_at))}
              </span>
            </li>
          ))}
        </ul>
      )}
      {status && isLocked && (
        <p>
          {status.off_by === 'administrator'
            ? trans.__('An administrator has switched recording off.')
            : trans.__('The configuration of the server switches it off.')}
        </p>
      )}
      {status && (
        <>
          <label className="jp-MLOps-empty-switch">
            <Switch
              label={trans.__('Record what I run, in any notebook')}
              checked={status.recording}
              disabled={isLocked}
              onChange={on => void attempt(() => props.status.recordAll(on))}
            />
            {trans.__('Record what I run, in any notebook')}
          </label>
          <KeepOutSwitch />
          {session && (
            <RedactionList
              revision={`${session.session_id} ${props.status.revision}`}
              load={() => props.status.redactions(session.session_id)}
            />
          )}
          <p>
            <button
              type="button"
              className="jp-MLOps-link"
              onClick={() =>
                void commands.execute(CommandIDs.forget, { runIds: [] })
              }
            >
              {trans.__('Forget …')}
            </button>
          </p>
          <p className="jp-MLOps-hint">
            {trans.__('Kept on this machine, in')}{' '}
            <code className="jp-MLOps-path">{status.data_dir}</code>
          </p>
        </>
      )}
    </div>
  );
}

/** Has the notebook itself say that it is not to be recorded. */
function KeepOutSwitch(): JSX.Element | null {
  const { commands, mlops, trans } = useServices();
  const notebook = useModel(mlops.notebook);
  if (notebook.path === null) {
    return null;
  }
  const label = trans.__('Never record this notebook, whoever opens it');
  return (
    <label className="jp-MLOps-empty-switch">
      <Switch
        label={label}
        checked={notebook.keptOut}
        onChange={() => void commands.execute(CommandIDs.keepNotebookOut)}
      />
      {label}
    </label>
  );
}
