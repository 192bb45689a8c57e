import {
  ILabShell,
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
// The panel is there from the start.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { PanelView } from '../components/panel';
import { mlopsIcon } from '../icons';
import { PanelRoute } from '../model/route';
import {
  CommandIDs,
  EXTENSION_ID,
  IMLOpsPanel,
  IViewServices
} from '../tokens';
import { ViewHost } from '../widgets/host';

/** Behind the panels that Lab brings along. */
const RANK = 600;

/** Adds the side panel to Lab and Notebook 7. */
export const panelPlugin: JupyterFrontEndPlugin<IMLOpsPanel> = {
  id: `${EXTENSION_ID}:panel`,
  description: 'The side panel with recording light, runs and models.',
  autoStart: true,
  provides: IMLOpsPanel,
  requires: [IViewServices],
  optional: [ILayoutRestorer, ICommandPalette, ILabShell],
  activate: (
    app: JupyterFrontEnd,
    services: IViewServices,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    labShell: ILabShell | null
  ): IMLOpsPanel => {
    const { trans, settings } = services;
    const route = new PanelRoute();
    const panel = new ViewHost({ services, view: <PanelView route={route} /> });
    panel.id = `${EXTENSION_ID}:panel`;
    panel.addClass('jp-MLOps-panel');
    panel.title.icon = mlopsIcon;
    panel.title.caption = trans.__('MLOps: runs and models');
    panel.node.setAttribute('role', 'region');
    panel.node.setAttribute('aria-label', trans.__('MLOps'));

    let area: 'left' | 'right' | null = null;
    const place = () => {
      if (area !== settings.area) {
        area = settings.area;
        app.shell.add(panel, area, { rank: RANK, type: 'MLOps' });
      }
    };
    place();
    settings.stateChanged.connect(place);
    restorer?.add(panel, panel.id);
    if (labShell) {
      void app.restored.then(() =>
        Private.introduce(services, () => labShell.activateById(panel.id))
      );
    }

    app.commands.addCommand(CommandIDs.openPanel, {
      label: trans.__('Show Runs and Models'),
      caption: trans.__('Show the panel with recorded runs and models'),
      icon: mlopsIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            list: { type: 'boolean', description: 'Go back to the list' }
          }
        }
      },
      execute: args => {
        if (args.list) {
          route.showList();
        }
        app.shell.activateById(panel.id);
      }
    });
    palette?.addItem({
      command: CommandIDs.openPanel,
      category: trans.__('MLOps')
    });
    return route;
  }
};

namespace Private {
  /** Shows the panel once, to someone whose record is empty: it says what is kept, and where. */
  export function introduce(services: IViewServices, show: () => void): void {
    const { status } = services.mlops;
    const look = () => {
      if (status.status) {
        status.stateChanged.disconnect(look);
        if (status.status.first_use) {
          show();
        }
      }
    };
    status.stateChanged.connect(look);
    look();
  }
}
