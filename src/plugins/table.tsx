import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  MainAreaWidget,
  WidgetTracker
} from '@jupyterlab/apputils';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import { Debouncer } from '@lumino/polling';
import { tableIcon } from '../icons';
import type { ITableState, RunTableModel } from '../model/table';
import { CommandIDs, EXTENSION_ID, IViewServices } from '../tokens';
import { ViewHost } from '../widgets/host';

/** The restorer finds no namespace with a colon in it. */
const ID = `${EXTENSION_ID}-table`;

/** A change of the columns is kept when the user pauses for so long. */
const PAUSE = 500;

/** Shows the runs as a table, in a tab of the main area. */
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
    const { trans, hasTabs } = services;
    const tabs = new WidgetTracker<MainAreaWidget<ViewHost>>({ namespace: ID });
    const states = new WeakMap<MainAreaWidget<ViewHost>, RunTableModel>();

    app.commands.addCommand(CommandIDs.openTable, {
      label: trans.__('Open the Table of Runs'),
      icon: tableIcon,
      isVisible: () => hasTabs,
      isEnabled: () => hasTabs,
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
        let tab = tabs.find(() => true);
        if (!tab) {
          const state = (args.state ?? {}) as ITableState;
          const made = await Private.makeTab(services, state);
          tab = made.tab;
          states.set(tab, made.model);
          await tabs.add(tab);
          app.shell.add(tab, 'main', { type: 'MLOps' });
          Private.keepState(made.tab, made.model, () => tabs.save(made.tab));
        }
        app.shell.activateById(tab.id);
      }
    });
    void restorer?.restore(tabs, {
      command: CommandIDs.openTable,
      args: tab => ({
        state: (states.get(tab)?.state ?? {}) as unknown as ReadonlyJSONObject
      }),
      name: () => 'runs'
    });
    palette?.addItem({
      command: CommandIDs.openTable,
      category: trans.__('MLOps')
    });
  }
};

namespace Private {
  export async function makeTab(
    services: IViewServices,
    state: ITableState
  ): Promise<{ tab: MainAreaWidget<ViewHost>; model: RunTableModel }> {
    const { trans, mlops } = services;
    const { RunTableModel } = await import('../model/table');
    const { TableView } = await import('../components/table/tableview');
    const { client, changes } = mlops;
    const model = new RunTableModel({ client, changes, state });
    const content = new ViewHost({
      services,
      view: <TableView model={model} />
    });
    content.addClass('jp-MLOps-tab');
    const tab = new MainAreaWidget({ content });
    tab.toolbar.hide();
    tab.id = ID;
    tab.title.label = trans.__('Runs');
    tab.title.icon = tableIcon;
    tab.title.closable = true;
    tab.disposed.connect(() => model.dispose());
    return { tab, model };
  }

  /** Keep query, order and columns with the layout of the application. */
  export function keepState(
    tab: MainAreaWidget<ViewHost>,
    model: RunTableModel,
    save: () => Promise<void>
  ): void {
    const keep = new Debouncer(save, PAUSE);
    const { query, sort, layout } = model;
    let kept = { query, sort, layout };
    model.stateChanged.connect(() => {
      const { query, sort, layout } = model;
      if (
        query !== kept.query ||
        sort !== kept.sort ||
        layout !== kept.layout
      ) {
        kept = { query, sort, layout };
        void keep.invoke();
      }
    });
    tab.disposed.connect(() => keep.dispose());
  }
}
