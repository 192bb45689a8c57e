import { useState } from 'react';
import { historyIcon } from '@jupyterlab/ui-components';
import type { RegisteredModel } from '../../api/types';
import { IconButton, Nothing, Problem, Section } from '../basics';
import { useModel, useServices } from '../services';
import { AliasHistory } from './aliashistory';
import { VersionRow } from './version';

/** Versions of a model that are shown before the user asks for all. */
const FEW = 3;

/** Registered models with their versions, aliases and pushes. */
export function ModelsSection(): JSX.Element {
  const { mlops, trans } = useServices();
  const registry = useModel(mlops.registry);
  return (
    <Section
      className="jp-MLOps-models"
      title={trans.__('Models')}
      count={registry.models.length || undefined}
    >
      {registry.error && <Problem>{registry.error}</Problem>}
      {registry.isReady && registry.models.length === 0 && !registry.error && (
        <Nothing>
          {trans.__(
            'A model that you register from a run is kept here, with its versions.'
          )}
        </Nothing>
      )}
      <ul className="jp-MLOps-plain">
        {registry.models.map(model => (
          <Model key={model.name} model={model} />
        ))}
      </ul>
    </Section>
  );
}

function Model(props: { model: RegisteredModel }): JSX.Element {
  const { trans } = useServices();
  const { model } = props;
  const [all, setAll] = useState(false);
  const [history, setHistory] = useState(false);
  const hidden = all ? 0 : model.versions.length - FEW;
  const shown = hidden > 0 ? model.versions.slice(0, FEW) : model.versions;
  return (
    <li className="jp-MLOps-registered">
      <div className="jp-MLOps-line">
        <strong className="jp-MLOps-registered-name" title={model.name}>
          {model.name}
        </strong>
        <IconButton
          icon={historyIcon}
          label={trans.__('History of the aliases of %1', model.name)}
          pressed={history}
          onClick={() => setHistory(!history)}
        />
      </div>
      {history && <AliasHistory model={model} />}
      <ul className="jp-MLOps-plain">
        {shown.map(version => (
          <VersionRow key={version.version} version={version} />
        ))}
      </ul>
      {hidden > 0 && (
        <button
          type="button"
          className="jp-MLOps-more"
          onClick={() => setAll(true)}
        >
          {trans._n('%1 older version', '%1 older versions', hidden)}
        </button>
      )}
    </li>
  );
}
