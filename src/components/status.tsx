import type { TranslationBundle } from '@jupyterlab/translation';
import type { LabIcon } from '@jupyterlab/ui-components';
import { badIcon, goodIcon, quietIcon, runningIcon } from '../icons';
import type { Execution, Run, RunStatus } from '../api/types';
import { formatDuration } from '../model/format';
import { Glyph } from './basics';
import { useNow } from './now';
import { useServices } from './services';

type AnyStatus = RunStatus | Execution['status'];

/** The word for a status of a run or of an execution. */
export function statusWord(
  status: AnyStatus,
  trans: TranslationBundle
): string {
  switch (status) {
    case 'RUNNING':
    case 'running':
      return trans.__('Running');
    case 'FINISHED':
      return trans.__('Finished');
    case 'ok':
      return trans.__('Done');
    case 'FAILED':
    case 'error':
      return trans.__('Failed');
    case 'interrupted':
      return trans.__('Interrupted');
    case 'aborted':
      return trans.__('Aborted');
    case 'KILLED':
    case 'killed':
      return trans.__('Killed');
  }
}

const TONES: Record<AnyStatus, 'running' | 'good' | 'bad' | 'quiet'> = {
  RUNNING: 'running',
  running: 'running',
  FINISHED: 'good',
  ok: 'good',
  FAILED: 'bad',
  error: 'bad',
  interrupted: 'quiet',
  aborted: 'quiet',
  KILLED: 'quiet',
  killed: 'quiet'
};

const ICONS: Record<string, LabIcon> = {
  running: runningIcon,
  good: goodIcon,
  bad: badIcon,
  quiet: quietIcon
};

/** An icon and a word: colour alone says nothing. */
export function StatusMark(props: {
  status: AnyStatus;
  iconOnly?: boolean;
}): JSX.Element {
  const { trans } = useServices();
  const tone = TONES[props.status];
  const word = statusWord(props.status, trans);
  return (
    <span className={`jp-MLOps-status jp-mod-${tone}`} title={word}>
      <Glyph icon={ICONS[tone]} />
      <span className={props.iconOnly ? 'jp-MLOps-hidden' : undefined}>
        {word}
      </span>
    </span>
  );
}

/** How long it took, or has been taking. */
export function Duration(props: {
  start: number;
  end: number | null;
  running: boolean;
}): JSX.Element | null {
  const { trans } = useServices();
  if (props.running) {
    return <Ticking start={props.start} />;
  }
  return props.end === null ? null : (
    <span className="jp-MLOps-duration">
      {formatDuration(props.end - props.start, trans)}
    </span>
  );
}

function Ticking(props: { start: number }): JSX.Element {
  const { trans } = useServices();
  const now = useNow(1000);
  const elapsed = Math.max(0, now - props.start);
  // Tenths of a second would only flicker.
  const whole = Math.floor(elapsed / 1000) * 1000;
  return (
    <span className="jp-MLOps-duration" role="timer" aria-live="off">
      {whole < 10_000
        ? trans.__('%1 s', whole / 1000)
        : formatDuration(whole, trans)}
    </span>
  );
}

/** Duration of a run. */
export function RunDuration(props: { run: Run }): JSX.Element {
  return (
    <Duration
      start={props.run.start_time}
      end={props.run.end_time}
      running={props.run.status === 'RUNNING'}
    />
  );
}
