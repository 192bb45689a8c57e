import type { LabIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Push } from '../../api/types';
import { formatTime } from '../../model/format';
import { badIcon, goodIcon, quietIcon, runningIcon } from '../../icons';
import { attempt } from '../../report';
import { useServices } from '../services';

const ICONS: Record<Push['state'], [LabIcon, string]> = {
  pending: [quietIcon, 'quiet'],
  pushing: [runningIcon, 'running'],
  pushed: [goodIcon, 'good'],
  failed: [badIcon, 'bad']
};

/** A push: where to, how far; why not, and once more. */
export function PushLine(props: { push: Push }): JSX.Element {
  const { mlops, trans } = useServices();
  const { push } = props;
  const [Icon, tone] = ICONS[push.state];
  const act = (task: (pushId: number) => Promise<void>) => {
    void attempt(() => task.call(mlops.registry, push.push_id));
  };
  return (
    <div className="jp-MLOps-push" data-state={push.state}>
      <span
        className={`jp-MLOps-status jp-mod-${tone}`}
        role="status"
        title={formatTime(push.updated_at)}
      >
        <Icon.react tag="span" />
        <span>
          {'→ '}
          {push.target}: {describe(push, trans)}
        </span>
      </span>
      {push.state === 'failed' && (
        <button
          type="button"
          className="jp-MLOps-link"
          onClick={() => act(mlops.registry.retry)}
        >
          {trans.__('Retry')}
        </button>
      )}
      {push.state === 'pending' && (
        <button
          type="button"
          className="jp-MLOps-link"
          onClick={() => act(mlops.registry.cancel)}
        >
          {trans.__('Cancel')}
        </button>
      )}
      {push.state === 'pushed' && /^https?:/i.test(push.remote_url ?? '') && (
        <a
          className="jp-MLOps-link"
          href={push.remote_url ?? undefined}
          target="_blank"
          rel="noopener noreferrer"
        >
          {trans.__('Open')}
        </a>
      )}
      {push.error && push.state !== 'pushed' && (
        <div className="jp-MLOps-push-error">{push.error}</div>
      )}
    </div>
  );
}

function describe(push: Push, trans: TranslationBundle): string {
  switch (push.state) {
    case 'pending':
      return push.attempts > 0
        ? trans.__('waiting to try again')
        : trans.__('waiting');
    case 'pushing':
      return push.progress || trans.__('pushing');
    case 'pushed':
      return push.remote_version
        ? trans.__('pushed as v%1', push.remote_version)
        : trans.__('pushed');
    case 'failed':
      return trans._n(
        'failed after %1 attempt',
        'failed after %1 attempts',
        push.attempts
      );
  }
}
