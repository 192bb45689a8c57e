import {
  ILayoutRestorer,
  IRouter,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';
import { tableIcon } from '../icons';
import { saveBlob } from '../model/download';
import type { ExportFormat } from '../model/export';
import type { ITableState, RunTableModel } from '../model/table';
import { SavedViews, VIEW_PARAMETER, viewIdIn } from '../model/views';
import { attempt } from '../report';
import { CommandIDs, EXTENSION_ID, IViewServices } from '../tokens';
import { keepState } from './keepstate';
import { ITabContent, ViewTabs } from './tabs';

/** There is one table. */
const KEY = 'runs';

/** What the address of a page has that opens the table. */
const PARAMETER = 'mlops-table';

/** Shows the runs as a table: in a tab, in Notebook 7 on the page of files. */
export const tablePlugin: JupyterFrontEndPlugin<void> = {
  id: `${EXTENSION_ID}:table`,
  description: 'The table of runs.',
  autoStart: true,
  requires: [IViewServices],
  optional: [ILayoutRestorer, ICommandPalette, IRouter],
  activate: (
    app: JupyterFrontEnd,
    services: IViewServices,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    router: IRouter | null
  ): void => {
    const { trans, stage } = services;
    const tabs = new ViewTabs<RunTableModel>({
      services,
      restorer,
      namespace: `${EXTENSION_ID}-table`,
      command: CommandIDs.openTable,
      args: (_, model) => ({
        state: (model?.state ?? {}) as unknown as ReadonlyJSONObject
      })
    });

    const views = new SavedViews(services.mlops.client);
    const open = (state: ITableState) =>
      tabs.open(KEY, async () => {
        const content = await Private.content(services, state, views);
        const onTab = (tab: Widget) =>
          keepState(tab, content.model, () => tabs.save(KEY));
        return { ...content, onTab };
      });
    tabs.reserve(KEY, {
      label: trans.__('Runs'),
      icon: tableIcon,
      fill: () => void attempt(() => open({}))
    });

    app.commands.addCommand(CommandIDs.openTable, {
      label: args =>
        args.here && stage.isApart
          ? trans.__('Open the Table of Runs below the Notebook')
          : trans.__('Open the Table of Runs'),
      icon: tableIcon,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            state: {
              type: 'object',
              description: 'Query, order and columns, as the table kept them'
            },
            here: {
              type: 'boolean',
              description:
                'On this page, also where the table has one of its own'
            }
          }
        }
      },
      execute: async args => {
        if (stage.isApart && !args.here) {
          window.open(`${stage.page}?${PARAMETER}`);
          return;
        }
        await open((args.state ?? {}) as ITableState);
      }
    });
    app.commands.addCommand(CommandIDs.openView, {
      label: trans.__('Open a Saved View of the Runs'),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            viewId: { type: 'string', description: 'Id of the view' },
            search: {
              type: 'string',
              description: 'Query of an address that has the id in it'
            }
          }
        }
      },
      execute: async args => {
        const { viewId, search } = args as { viewId?: string; search?: string };
        const known = viewId ?? viewIdIn(search ?? '');
        if (known) {
          await app.restored;
          await attempt(async () => {
            const { state } = await views.get(known);
            const model = await open(state);
            await model.adopt(state);
          });
        }
      }
    });
    router?.register({
      command: CommandIDs.openView,
      pattern: new RegExp(`[?&]${VIEW_PARAMETER}=`)
    });
    router?.register({
      command: CommandIDs.openTable,
      pattern: new RegExp(`[?&]${PARAMETER}`)
    });
    for (const here of stage.isApart ? [false, true] : [false]) {
      palette?.addItem({
        command: CommandIDs.openTable,
        args: { here },
        category: trans.__('MLOps')
      });
    }
  }
};

namespace Private {
  export async function content(
    services: IViewServices,
    state: ITableState,
    views: SavedViews
  ): Promise<ITabContent<RunTableModel>> {
    const { trans, mlops } = services;
    const { client, changes } = mlops;
    // The rows and the view are on their way at once.
    const view = import('../components/table/tableview');
    const { RunTableModel } = await import('../model/table');
    const model = new RunTableModel({ client, changes, state });
    const { TableView } = await view;
    const { exportRuns } = await import('../model/export');
    const onExport = (format: ExportFormat) =>
      void attempt(async () => {
        const blob = await exportRuns(client, model, format);
        saveBlob(blob, `runs.${format}`);
      });
    return {
      model,
      view: <TableView model={model} views={views} onExport={onExport} />,
      label: trans.__('Runs'),
      icon: tableIcon
    };
  }
}
