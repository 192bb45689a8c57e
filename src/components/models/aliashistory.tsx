import type { AliasEvent, RegisteredModel } from '../../api/types';
import { Ago, Nothing, Problem } from '../basics';
import { useFetched, useServices } from '../services';
import { Who } from '../who';

/** How the aliases of a model moved from version to version. */
export function AliasHistory(props: { model: RegisteredModel }): JSX.Element {
  const { mlops, trans } = useServices();
  const { model } = props;
  const { value, error } = useFetched(
    `${model.name} ${JSON.stringify(model.aliases)}`,
    () => mlops.registry.history(model.name)
  );
  if (error) {
    return <Problem>{error}</Problem>;
  }
  if (value?.length === 0) {
    return <Nothing>{trans.__('No alias has been set.')}</Nothing>;
  }
  return (
    <ol className="jp-MLOps-plain jp-MLOps-history">
      {value?.map((event, index) => (
        <li key={index}>
          <Move event={event} />
        </li>
      ))}
    </ol>
  );
}

function Move(props: { event: AliasEvent }): JSX.Element {
  const { trans } = useServices();
  const { alias, version, previous, timestamp, user } = props.event;
  const place = (number: number | null) =>
    number === null ? trans.__('none') : trans.__('v%1', number);
  return (
    <>
      <span className="jp-MLOps-alias">{alias}</span>
      <span>{`${place(previous)} → ${place(version)}`}</span>
      <span className="jp-MLOps-hint">
        <Ago time={timestamp} /> <Who user={user} />
      </span>
    </>
  );
}
