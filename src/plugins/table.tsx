import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';
import { tableIcon } from '../icons';
import type { ITableState, RunTableModel } from '../model/table';
import { CommandIDs, EXTENSION_ID, IViewServices } from '../tokens';
import { keepState } from './keepstate';
import { ITabContent, ViewTabs } from './tabs';

/** There is one table. */
const KEY = 'runs';

/** Shows the runs as a table: in a tab of Lab, below the notebook in Notebook 7. */
export const tablePlugin: JupyterFrontEndPlugin<void> = {
  id: `${EXTENSION_ID}:table`,
  description: 'The table of runs.',
  autoStart: true,
  requires: [IViewServices],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    services: IViewServices,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): void => {
    const { trans } = services;
    const tabs = new ViewTabs<RunTableModel>({
      app,
      services,
      restorer,
      namespace: `${EXTENSION_ID}-table`,
      command: CommandIDs.openTable,
      args: (_, model) => ({
        state: (model?.state ?? {}) as unknown as ReadonlyJSONObject
      })
    });

    app.commands.addCommand(CommandIDs.openTable, {
      label: trans.__('Open the Table of Runs'),
      icon: tableIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            state: {
              type: 'object',
              description: 'Query, order and columns, as the table kept them'
            }
          }
        }
      },
      execute: async args => {
        const state = (args.state ?? {}) as ITableState;
        await tabs.open(KEY, async () => {
          const content = await Private.content(services, state);
          const onTab = (tab: Widget) =>
            keepState(tab, content.model, () => tabs.save(KEY));
          return { ...content, onTab };
        });
      }
    });
    palette?.addItem({
      command: CommandIDs.openTable,
      category: trans.__('MLOps')
    });
  }
};

namespace Private {
  export async function content(
    services: IViewServices,
    state: ITableState
  ): Promise<ITabContent<RunTableModel>> {
    const { trans, mlops } = services;
    const { RunTableModel } = await import('../model/table');
    const { TableView } = await import('../components/table/tableview');
    const { client, changes } = mlops;
    const model = new RunTableModel({ client, changes, state });
    return {
      model,
      view: <TableView model={model} />,
      label: trans.__('Runs'),
      icon: tableIcon
    };
  }
}
