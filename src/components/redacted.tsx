import type { Redaction } from '../api/types';
import { lockIcon } from '../icons';
import { secretsIn } from '../model/redactions';
import { useFetched, useServices } from './services';

/** Says that secrets were taken out of a text, and of which kinds; nothing where none was. */
export function Redacted(props: {
  where: string;
  text: string;
}): JSX.Element | null {
  const { trans } = useServices();
  const found = secretsIn(props.text);
  if (found.length === 0) {
    return null;
  }
  const unnamed = trans.__('by name or value');
  const kinds = [...new Set(found.map(kind => kind ?? unnamed))];
  return (
    <p className="jp-MLOps-redacted">
      <lockIcon.react tag="span" />
      {trans._n(
        '%1 secret taken out of %2: %3',
        '%1 secrets taken out of %2: %3',
        found.length,
        props.where,
        kinds.join(', ')
      )}
    </p>
  );
}

/** How many secrets were taken out of a run or a session, folded, with the places. */
export function RedactionList(props: {
  /** Says when to look again. */
  revision: string;
  load: () => Promise<readonly Redaction[]>;
}): JSX.Element | null {
  const { trans } = useServices();
  const { value } = useFetched(props.revision, props.load);
  if (!value || value.length === 0) {
    return null;
  }
  const count = value.reduce((sum, each) => sum + each.count, 0);
  return (
    <details className="jp-MLOps-redacted">
      <summary>
        <lockIcon.react tag="span" />
        {trans._n('%1 secret taken out', '%1 secrets taken out', count)}
      </summary>
      <ul>
        {value.map((each, index) => (
          <li key={index}>
            {trans.__(
              '%1: %2 × %3',
              placeName(each.where, trans),
              each.count,
              each.kinds.join(', ')
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}

type Trans = ReturnType<typeof useServices>['trans'];

function placeName(where: string, trans: Trans): string {
  switch (where) {
    case 'source':
      return trans.__('Source of a cell');
    case 'output':
      return trans.__('Output of a cell');
    case 'param':
      return trans.__('Param');
    case 'tag':
      return trans.__('Tag');
    default:
      return trans.__('Name or note');
  }
}
