import { useEffect, useState } from 'react';
import { Clipboard } from '@jupyterlab/apputils';
import { closeIcon, linkIcon } from '@jupyterlab/ui-components';
import type { RunTableModel } from '../../model/table';
import { SavedViews, viewLink } from '../../model/views';
import { attempt } from '../../report';
import { IconButton, Nothing, TextButton } from '../basics';
import { Popup, useClosePopup } from '../popup';
import { useModel, useServices } from '../services';

/** Opens a saved view, keeps this one, and gives links to them. */
export function ViewsMenu(props: {
  model: RunTableModel;
  views: SavedViews;
}): JSX.Element {
  const { trans } = useServices();
  return (
    <Popup label={trans.__('Views')} title={trans.__('Saved views')}>
      <ViewsList {...props} />
    </Popup>
  );
}

function ViewsList(props: {
  model: RunTableModel;
  views: SavedViews;
}): JSX.Element {
  const { stage, trans } = useServices();
  const { model } = props;
  const close = useClosePopup();
  const views = useModel(props.views);
  const [name, setName] = useState('');
  const [copied, setCopied] = useState<string | null>(null);
  useEffect(() => {
    void attempt(() => views.fetch());
  }, [views]);
  return (
    <>
      <form
        className="jp-MLOps-views-new"
        onSubmit={event => {
          event.preventDefault();
          void attempt(() => views.save(name.trim(), model.state)).then(
            saved => saved && setName('')
          );
        }}
      >
        <input
          type="text"
          className="jp-MLOps-input"
          aria-label={trans.__('Name of the view')}
          placeholder={trans.__('Keep this table as …')}
          value={name}
          onChange={event => setName(event.target.value)}
        />
        <TextButton submit disabled={name.trim() === ''}>
          {trans.__('Save')}
        </TextButton>
      </form>
      {views.views.length === 0 && (
        <Nothing>{trans.__('No view is saved yet.')}</Nothing>
      )}
      <ul className="jp-MLOps-plain">
        {views.views.map(view => (
          <li key={view.view_id} className="jp-MLOps-views-line">
            <button
              type="button"
              className="jp-MLOps-link jp-MLOps-chooser-name"
              title={view.name}
              onClick={() => {
                void model.adopt(view.state);
                close();
              }}
            >
              {view.name}
            </button>
            <IconButton
              icon={linkIcon}
              label={trans.__('Copy the link to %1', view.name)}
              onClick={() => {
                Clipboard.copyToSystem(viewLink(view.view_id, stage.page));
                setCopied(view.view_id);
              }}
            />
            <IconButton
              icon={closeIcon}
              label={trans.__('Delete the view %1', view.name)}
              onClick={() => void attempt(() => views.remove(view))}
            />
            {copied === view.view_id && (
              <span role="status" className="jp-MLOps-hint">
                {trans.__('Copied')}
              </span>
            )}
          </li>
        ))}
      </ul>
    </>
  );
}
