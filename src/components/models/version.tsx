import { useState } from 'react';
import { addIcon, closeIcon, downloadIcon } from '@jupyterlab/ui-components';
import type { ModelVersion } from '../../api/types';
import { pushIcon } from '../../icons';
import { attempt } from '../../report';
import { CommandIDs } from '../../tokens';
import { Ago, IconButton } from '../basics';
import { ComboBox } from '../combobox';
import { useModel, useServices } from '../services';
import { Who } from '../who';
import { PushLine } from './pushline';

/** Aliases that people use. */
const COMMON_ALIASES = ['champion', 'challenger', 'production', 'staging'];

/** A version: aliases, where it was pushed, and what can be done with it. */
export function VersionRow(props: { version: ModelVersion }): JSX.Element {
  const { commands, trans } = useServices();
  const { version } = props;
  const which = { name: version.name, version: version.version };
  const label = trans.__('%1 v%2', version.name, version.version);
  return (
    <li
      className="jp-MLOps-version"
      data-model={version.name}
      data-version={version.version}
    >
      <div className="jp-MLOps-line">
        <span className="jp-MLOps-version-facts">
          <OpenRun version={version} />
          <Aliases version={version} />
          <span className="jp-MLOps-hint">
            <Ago time={version.created_at} /> <Who user={version.user} />
          </span>
        </span>
        <span className="jp-MLOps-version-actions">
          <IconButton
            icon={pushIcon}
            label={trans.__('Push %1', label)}
            onClick={() => void commands.execute(CommandIDs.pushVersion, which)}
          />
          <IconButton
            icon={downloadIcon}
            label={trans.__('Download %1', label)}
            onClick={() =>
              void commands.execute(CommandIDs.downloadVersion, which)
            }
          />
        </span>
      </div>
      {version.description && (
        <div
          className="jp-MLOps-hint jp-MLOps-clamp"
          title={version.description}
        >
          {version.description}
        </div>
      )}
      {latestPushes(version).map(push => (
        <PushLine key={push.push_id} push={push} />
      ))}
    </li>
  );
}

/** The version's number leads to the run that made it. */
function OpenRun(props: { version: ModelVersion }): JSX.Element {
  const { commands, trans } = useServices();
  const { version, run_id: runId, runs_code } = props.version;
  const word = trans.__('v%1', version);
  return (
    <>
      {runId ? (
        <button
          type="button"
          className="jp-MLOps-run-name"
          title={trans.__('Show the run that made it')}
          onClick={() => void commands.execute(CommandIDs.openRun, { runId })}
        >
          {word}
        </button>
      ) : (
        <span>{word}</span>
      )}
      {runs_code && (
        <span
          className="jp-MLOps-badge jp-mod-warn"
          title={trans.__('It is a pickle: loading it can run any code.')}
        >
          {trans.__('runs code')}
        </span>
      )}
    </>
  );
}

function Aliases(props: { version: ModelVersion }): JSX.Element {
  const { mlops, trans } = useServices();
  const registry = useModel(mlops.registry);
  const [draft, setDraft] = useState<string | null>(null);
  const { version } = props;
  const used = registry.models.flatMap(model => Object.keys(model.aliases));
  const options = [...new Set([...used, ...COMMON_ALIASES])].filter(
    alias => alias.startsWith(draft ?? '') && !version.aliases.includes(alias)
  );

  const set = async (alias: string, to: number | null) => {
    await attempt(() => registry.setAlias(version.name, alias, to));
  };
  const accept = (alias: string) => {
    setDraft(null);
    if (alias.trim()) {
      void set(alias.trim(), version.version);
    }
  };

  return (
    <span className="jp-MLOps-tags">
      {version.aliases.map(alias => (
        <span key={alias} className="jp-MLOps-alias">
          {alias}
          <IconButton
            className="jp-MLOps-tag-remove"
            icon={closeIcon}
            label={trans.__('Remove alias %1', alias)}
            onClick={() => void set(alias, null)}
          />
        </span>
      ))}
      {draft === null ? (
        <IconButton
          className="jp-MLOps-tag-add"
          icon={addIcon}
          label={trans.__('Add alias to v%1', version.version)}
          onClick={() => setDraft('')}
        />
      ) : (
        <span className="jp-MLOps-tag-field" onBlur={() => setDraft(null)}>
          <ComboBox
            label={trans.__('New alias')}
            placeholder={trans.__('alias, such as champion')}
            value={draft}
            onChange={setDraft}
            onAccept={accept}
            onCancel={() => setDraft(null)}
            options={options}
            autoFocus
          />
        </span>
      )}
    </span>
  );
}

/** The last push to each target: older ones are history. */
function latestPushes(version: ModelVersion): ModelVersion['pushes'] {
  const byTarget = new Map<string, ModelVersion['pushes'][number]>();
  for (const push of version.pushes) {
    const known = byTarget.get(push.target);
    if (!known || known.push_id < push.push_id) {
      byTarget.set(push.target, push);
    }
  }
  return [...byTarget.values()];
}
