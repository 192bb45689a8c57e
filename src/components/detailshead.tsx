import type { ReactNode } from 'react';
import { backIcon } from '../icons';
import { IconButton } from './basics';
import { useServices } from './services';

/** Head of what replaces the list: the way back, and what it is. */
export function DetailsHead(props: {
  title: string;
  hint?: ReactNode;
  onBack: () => void;
}): JSX.Element {
  const { trans } = useServices();
  return (
    <div className="jp-MLOps-runHeader">
      <div className="jp-MLOps-runHeader-bar">
        <IconButton
          className="jp-MLOps-pointing"
          icon={backIcon}
          label={trans.__('Back')}
          onClick={props.onBack}
        />
        <h2 className="jp-MLOps-runName">{props.title}</h2>
      </div>
      {props.hint && <div className="jp-MLOps-hint">{props.hint}</div>}
    </div>
  );
}
