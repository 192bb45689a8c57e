import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IStatusBar } from '@jupyterlab/statusbar';
// It is there from the start.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { StatusItem } from '../components/statusitem';
import { EXTENSION_ID, IViewServices } from '../tokens';
import { ViewHost } from '../widgets/host';

/** Says in the status bar whether the notebook is recorded, and which run is open. */
export const statusBarPlugin: JupyterFrontEndPlugin<void> = {
  id: `${EXTENSION_ID}:status-bar`,
  description: 'The recording light, and the open run, in the status bar.',
  autoStart: true,
  requires: [IViewServices],
  optional: [IStatusBar],
  activate: (
    _app: JupyterFrontEnd,
    services: IViewServices,
    statusBar: IStatusBar | null
  ): void => {
    if (statusBar) {
      const item = new ViewHost({ services, view: <StatusItem /> });
      item.addClass('jp-MLOps-statusItem');
      statusBar.registerStatusItem(`${EXTENSION_ID}:status`, {
        item,
        align: 'left',
        rank: 20
      });
    }
  }
};
