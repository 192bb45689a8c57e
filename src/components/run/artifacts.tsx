import { useState } from 'react';
import {
  caretDownIcon,
  caretRightIcon,
  downloadIcon
} from '@jupyterlab/ui-components';
import type { Artifact } from '../../api/types';
import { saveBlob } from '../../model/download';
import { formatSize } from '../../model/format';
import type { RunModel } from '../../model/run';
import { attempt } from '../../report';
import { IconButton } from '../basics';
import { useServices } from '../services';
import { Preview } from './preview';

/** Files of a run; figures are shown at once, others when they are folded out. */
export function Artifacts(props: {
  model: RunModel;
  artifacts: readonly Artifact[];
}): JSX.Element {
  return (
    <ul className="jp-MLOps-plain">
      {props.artifacts.map(artifact => (
        <File key={artifact.path} model={props.model} artifact={artifact} />
      ))}
    </ul>
  );
}

function File(props: { model: RunModel; artifact: Artifact }): JSX.Element {
  const { trans } = useServices();
  const { artifact, model } = props;
  const [open, setOpen] = useState(
    artifact.media_type?.startsWith('image/') ?? false
  );
  const load = () => model.artifact(artifact);
  const name = artifact.path.split('/').pop() ?? artifact.path;
  const Caret = open ? caretDownIcon : caretRightIcon;
  return (
    <li className="jp-MLOps-file">
      <div className="jp-MLOps-line">
        <button
          type="button"
          className="jp-MLOps-file-name"
          aria-expanded={open}
          title={artifact.path}
          onClick={() => setOpen(!open)}
        >
          <Caret.react tag="span" className="jp-MLOps-caret" />
          <span>{artifact.path}</span>
        </button>
        <span className="jp-MLOps-hint">{formatSize(artifact.size)}</span>
        <IconButton
          icon={downloadIcon}
          label={trans.__('Download %1', name)}
          onClick={() => void attempt(async () => saveBlob(await load(), name))}
        />
      </div>
      {open && <Preview artifact={artifact} load={load} />}
    </li>
  );
}
