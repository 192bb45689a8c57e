import type { Author } from '../api/types';
import { Ago } from './basics';
import { useModel, useServices } from './services';

/** Gives the name of who did it, where more than one person writes into the record. */
export function useWho(): (user: string | null | undefined) => string | null {
  const { mlops } = useServices();
  const { status } = useModel(mlops.status);
  return user => (status?.several_people && user) || null;
}

/** Who did it; nothing where one person only writes into the record. */
export function Who(props: {
  user: string | null | undefined;
}): JSX.Element | null {
  const who = useWho()(props.user);
  return who ? <bdi className="jp-MLOps-who">{who}</bdi> : null;
}

/** Who wrote something, and when; nothing where one person only writes. */
export function By(props: { author: Author }): JSX.Element | null {
  const { user, timestamp } = props.author;
  const who = useWho()(user);
  return who ? (
    <div className="jp-MLOps-hint">
      <bdi className="jp-MLOps-who">{who}</bdi> <Ago time={timestamp} />
    </div>
  ) : null;
}
