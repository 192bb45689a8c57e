import type { TranslationBundle } from '@jupyterlab/translation';
import { goodIcon, warnIcon } from '../../icons';
import type { Run } from '../../api/types';
import { useServices } from '../services';

type StateVerdict = NonNullable<Run['verdict']>;

/** Whether the notebook, run from top to bottom, would have given the same. */
export function Verdict(props: { verdict: StateVerdict }): JSX.Element {
  const { trans } = useServices();
  const [word, why] = explain(props.verdict, trans);
  const good = props.verdict === 'linear';
  const Icon = good ? goodIcon : warnIcon;
  return (
    <span
      className={`jp-MLOps-badge jp-MLOps-verdict jp-mod-${good ? 'good' : 'warn'}`}
      title={why}
    >
      <Icon.react tag="span" />
      {word}
    </span>
  );
}

function explain(
  verdict: StateVerdict,
  trans: TranslationBundle
): [string, string] {
  switch (verdict) {
    case 'linear':
      return [
        trans.__('linear'),
        trans.__(
          'The cells of this run were executed in the order of the notebook.'
        )
      ];
    case 'out of order':
      return [
        trans.__('out of order'),
        trans.__(
          'Cells of this run were executed in another order than the notebook has them.'
        )
      ];
    case 'used an edited cell':
      return [
        trans.__('used an edited cell'),
        trans.__('This run used a result of a cell that has been edited since.')
      ];
    case 'used a deleted cell':
      return [
        trans.__('used a deleted cell'),
        trans.__(
          'This run used a result of a cell that is no longer in the notebook.'
        )
      ];
  }
}
