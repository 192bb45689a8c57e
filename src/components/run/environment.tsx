import { useState } from 'react';
import type { Environment } from '../../api/types';
import { Nothing, SearchField } from '../basics';
import { Code } from '../hosted';
import { useServices } from '../services';

/** What the run's session ran on. */
export function EnvironmentFacts(props: {
  environment: Environment;
}): JSX.Element {
  const { trans } = useServices();
  const { environment } = props;
  return (
    <>
      <dl className="jp-MLOps-facts">
        <dt>{trans.__('Language')}</dt>
        <dd>
          {environment.language} {environment.language_version}
        </dd>
        <dt>{trans.__('Platform')}</dt>
        <dd>{environment.platform ?? '–'}</dd>
      </dl>
      {environment.git && <Git git={environment.git} />}
      <Packages packages={environment.packages} />
    </>
  );
}

function Git(props: { git: NonNullable<Environment['git']> }): JSX.Element {
  const { trans } = useServices();
  const { git } = props;
  return (
    <>
      <dl className="jp-MLOps-facts">
        <dt>{trans.__('Git')}</dt>
        <dd>
          <code title={git.commit ?? ''}>
            {git.commit?.slice(0, 10) ?? '–'}
          </code>{' '}
          {git.branch}
          {git.dirty && (
            <span className="jp-MLOps-badge jp-mod-warn">
              {trans.__('uncommitted changes')}
            </span>
          )}
        </dd>
      </dl>
      {git.diff && (
        <details>
          <summary>{trans.__('Uncommitted changes')}</summary>
          <Code source={git.diff} language="diff" />
        </details>
      )}
    </>
  );
}

function Packages(props: {
  packages: Readonly<Record<string, string>>;
}): JSX.Element | null {
  const { trans } = useServices();
  const [search, setSearch] = useState('');
  const all = Object.entries(props.packages);
  const word = search.trim().toLowerCase();
  const found = all
    .filter(([name]) => name.toLowerCase().includes(word))
    .sort(([a], [b]) => a.localeCompare(b));
  if (all.length === 0) {
    return null;
  }
  return (
    <details>
      <summary>{trans._n('%1 package', '%1 packages', all.length)}</summary>
      <SearchField
        label={trans.__('Search packages')}
        value={search}
        onChange={setSearch}
      />
      {found.length === 0 && <Nothing>{trans.__('No such package.')}</Nothing>}
      <dl className="jp-MLOps-facts">
        {found.map(([name, version]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{version}</dd>
          </div>
        ))}
      </dl>
    </details>
  );
}
