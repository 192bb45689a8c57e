import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { PathExt } from '@jupyterlab/coreutils';
import type { INotebookContent } from '@jupyterlab/nbformat';
import type { MLOpsClient } from '../api/client';
import { restoreIcon } from '../icons';
import { openAsNew } from '../newnotebook';
import { attempt } from '../report';
import { CommandIDs, EXTENSION_ID, IViewServices } from '../tokens';
import { RUN_ARGS } from './describedby';
import { targetRuns } from './target';

/** Brings back what a notebook once was. */
export const restorePlugin: JupyterFrontEndPlugin<void> = {
  id: `${EXTENSION_ID}:restore`,
  description: 'Restores a notebook from the record, as a new one.',
  autoStart: true,
  requires: [IViewServices],
  optional: [ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    services: IViewServices,
    palette: ICommandPalette | null
  ): void => {
    const { trans, mlops } = services;
    app.commands.addCommand(CommandIDs.restoreNotebook, {
      label: trans.__('Restore as a New Notebook'),
      caption: trans.__(
        'Open the notebook as it was then: sources, outputs, deleted cells'
      ),
      icon: restoreIcon,
      describedBy: {
        args: {
          ...RUN_ARGS.args,
          properties: {
            ...RUN_ARGS.args.properties,
            executionId: {
              type: 'string',
              description: 'As of the end of this execution, instead of a run'
            }
          }
        }
      },
      isEnabled: args =>
        typeof args.executionId === 'string' ||
        targetRuns(app, mlops, args).length === 1,
      execute: async args => {
        const executionId = args.executionId as string | undefined;
        const [runId] = executionId ? [] : targetRuns(app, mlops, args);
        if (executionId || runId) {
          await attempt(() =>
            Private.restore(app, mlops.client, executionId ?? null, runId)
          );
        }
      }
    });
    palette?.addItem({
      command: CommandIDs.restoreNotebook,
      category: trans.__('MLOps')
    });
  }
};

namespace Private {
  interface IRestored {
    readonly notebook: string;
    readonly at: number;
  }

  /** Ask for the notebook, and open it beside the one that it was. */
  export async function restore(
    app: JupyterFrontEnd,
    client: MLOpsClient,
    executionId: string | null,
    runId: string
  ): Promise<void> {
    const blob = executionId
      ? await client.blob('/executions/{execution_id}/notebook', {
          path: { execution_id: executionId }
        })
      : await client.blob('/runs/{run_id}/notebook', {
          path: { run_id: runId }
        });
    const content = JSON.parse(await blob.text()) as INotebookContent;
    const { notebook, at } = content.metadata.mlops as unknown as IRestored;
    const stem = PathExt.basename(notebook, PathExt.extname(notebook));
    const name = `${stem} ${stamp(new Date(at))}`;
    await openAsNew(app, content, await folderOf(app, notebook), name);
  }

  /** The folder of the notebook, or the server's root where it is gone. */
  async function folderOf(
    app: JupyterFrontEnd,
    notebook: string
  ): Promise<string> {
    const folder = PathExt.dirname(notebook);
    const { contents } = app.serviceManager;
    return contents.get(folder, { content: false }).then(
      () => folder,
      () => ''
    );
  }

  /** A time that can stand in the name of a file everywhere. */
  function stamp(time: Date): string {
    const local = new Date(time.getTime() - time.getTimezoneOffset() * 60_000);
    return local
      .toISOString()
      .slice(0, 19)
      .replace('T', ' ')
      .replace(/:/g, '.');
  }
}
