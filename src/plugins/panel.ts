import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { Panel } from '@lumino/widgets';
import { EXTENSION_ID } from '../tokens';

/** Adds the side panel to Lab and Notebook 7. */
export const panelPlugin: JupyterFrontEndPlugin<void> = {
  id: `${EXTENSION_ID}:panel`,
  description: 'The side panel with recording light, runs and models.',
  autoStart: true,
  optional: [ITranslator],
  activate: (app: JupyterFrontEnd, translator: ITranslator | null) => {
    const trans = (translator ?? nullTranslator).load('jupyterlab_mlops');
    const panel = new Panel();
    panel.id = `${EXTENSION_ID}:panel`;
    panel.addClass('jp-MLOps-panel');
    panel.title.label = trans.__('MLOps');
    panel.title.caption = trans.__('MLOps: runs and models');
    app.shell.add(panel, 'right', { rank: 600 });
  }
};
