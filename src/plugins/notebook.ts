import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import type { Cell, ICodeCellModel } from '@jupyterlab/cells';
import {
  INotebookTracker,
  NotebookActions,
  NotebookPanel
} from '@jupyterlab/notebook';
import { historyIcon } from '@jupyterlab/ui-components';
import { tagIcon } from '../icons';
import { runsOfCell } from '../model/cells';
import { attempt } from '../report';
import {
  CommandIDs,
  EXTENSION_ID,
  IMLOpsPanel,
  IViewServices
} from '../tokens';
import { NO_ARGS } from './describedby';

/** Sends a cell to the kernel from the browser. Extensions that execute on the server disable it. */
const BROWSER_EXECUTOR = '@jupyterlab/notebook-extension:cell-executor';

/** What can be asked about a cell of the notebook. */
export const notebookPlugin: JupyterFrontEndPlugin<void> = {
  id: `${EXTENSION_ID}:notebook`,
  description: "Commands on cells: their history, and their run's tags.",
  autoStart: true,
  requires: [IViewServices, IMLOpsPanel, INotebookTracker],
  optional: [ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    services: IViewServices,
    panel: IMLOpsPanel,
    tracker: INotebookTracker,
    palette: ICommandPalette | null
  ): void => {
    const { commands } = app;
    const { trans, mlops } = services;
    const hasCell = () => tracker.activeCell?.model.type === 'code';

    commands.addCommand(CommandIDs.showCellHistory, {
      label: trans.__("Show This Cell's History"),
      icon: historyIcon,
      isEnabled: args => typeof args.cellId === 'string' || hasCell(),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            cellId: {
              type: 'string',
              description: 'Id of the cell; without it, the active one'
            }
          }
        }
      },
      execute: async args => {
        const cellId = (args.cellId as string) || tracker.activeCell?.model.id;
        const notebook = tracker.currentWidget?.context.path;
        if (cellId && notebook) {
          panel.showHistory({ cellId, notebook });
          await commands.execute(CommandIDs.openPanel);
        }
      }
    });

    commands.addCommand(CommandIDs.tagCellRun, {
      label: trans.__("Tag This Cell's Run …"),
      icon: tagIcon,
      isEnabled: hasCell,
      describedBy: NO_ARGS,
      execute: async () => {
        const cellId = tracker.activeCell?.model.id;
        const runIds =
          cellId && (await attempt(() => runsOfCell(mlops.client, cellId)));
        if (!runIds) {
          return;
        }
        if (runIds.length === 0) {
          Notification.info(
            trans.__('This cell has not belonged to a run yet.')
          );
          return;
        }
        await commands.execute(CommandIDs.tagRun, { runIds: [...runIds] });
      }
    });

    commands.addCommand(CommandIDs.insertSource, {
      label: trans.__('Insert Below the Active Cell'),
      isEnabled: hasCell,
      describedBy: {
        args: {
          type: 'object',
          properties: {
            source: { type: 'string', description: 'Source of the new cell' },
            cellId: {
              type: 'string',
              description: 'Below this cell, if the notebook has it'
            }
          }
        }
      },
      execute: args => {
        const panel = tracker.currentWidget;
        if (!panel) {
          Notification.warning(trans.__('Open the notebook first.'));
          return;
        }
        Private.insert(panel, args.source as string, args.cellId);
        Notification.success(trans.__('Copied into %1.', panel.title.label), {
          autoClose: 5000,
          actions: [
            {
              label: trans.__('Show'),
              callback: () => app.shell.activateById(panel.id)
            }
          ]
        });
      }
    });

    commands.addCommand(CommandIDs.restoreSource, {
      label: trans.__('Restore Into Its Cell'),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            cellId: { type: 'string', description: 'Id of the cell' },
            source: { type: 'string', description: 'What it had been' }
          }
        }
      },
      execute: args => {
        const cell = tracker.currentWidget?.content.widgets.find(
          each => each.model.id === args.cellId
        );
        if (cell) {
          // The editor's own undo brings back what was there.
          cell.model.sharedModel.setSource(args.source as string);
        } else {
          Notification.info(
            trans.__('The cell is not in the notebook that is open: insert it.')
          );
        }
      }
    });

    const orders = new WeakMap<NotebookPanel, string>();
    NotebookActions.executed.connect((_, { notebook, cell }) => {
      const owner = tracker.find(each => each.content === notebook);
      if (!owner || cell.model.type !== 'code') {
        return;
      }
      const cellIds = notebook.widgets.map(each => each.model.id);
      const order = cellIds.join();
      const moved = orders.get(owner) !== order;
      // The kernel was told the id of a cell that the browser sent; what it lacks is the order.
      if (moved || !app.isPluginActivated(BROWSER_EXECUTOR)) {
        orders.set(owner, order);
        // The light says when the server does not answer; the next cell tells it again.
        Private.tellContext(services, owner, cell, cellIds).catch(() =>
          orders.delete(owner)
        );
      }
    });

    for (const command of [CommandIDs.showCellHistory, CommandIDs.tagCellRun]) {
      palette?.addItem({ command, category: trans.__('MLOps') });
    }
  }
};

namespace Private {
  /** Put a cell below another one, or below the active one; undo takes it away again. */
  export function insert(
    panel: NotebookPanel,
    source: string,
    cellId: unknown
  ): void {
    const { content } = panel;
    const place = content.widgets.findIndex(each => each.model.id === cellId);
    if (place >= 0) {
      content.activeCellIndex = place;
    }
    NotebookActions.insertBelow(content);
    content.activeCell?.model.sharedModel.setSource(source);
  }

  /** Tells which cell was executed, and the order of the notebook's cells. */
  export async function tellContext(
    services: IViewServices,
    panel: NotebookPanel,
    cell: Cell,
    cellIds: string[]
  ): Promise<void> {
    const kernelId = panel.sessionContext.session?.kernel?.id;
    const count = (cell.model as ICodeCellModel).executionCount;
    if (kernelId && count) {
      await services.mlops.client.post('/executions/context', {
        body: {
          kernel_id: kernelId,
          execution_count: count,
          cell_id: cell.model.id,
          notebook: panel.context.path,
          cell_ids: cellIds
        }
      });
    }
  }
}
