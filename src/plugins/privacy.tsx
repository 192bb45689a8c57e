import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { attempt } from '../report';
import { CommandIDs, EXTENSION_ID, IViewServices } from '../tokens';
import { showForm } from '../widgets/formdialog';
import { NO_ARGS } from './describedby';
import { targetRuns } from './target';

/** Forgets what was recorded, and leaves a notebook alone. */
export const privacyPlugin: JupyterFrontEndPlugin<void> = {
  id: `${EXTENSION_ID}:privacy`,
  description: 'Commands that forget, and that keep a notebook out.',
  autoStart: true,
  requires: [IViewServices],
  optional: [ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    services: IViewServices,
    palette: ICommandPalette | null
  ): void => {
    const { commands } = app;
    const { trans, mlops } = services;
    const { notebook, status } = mlops;

    commands.addCommand(CommandIDs.forget, {
      label: trans.__('Forget …'),
      caption: trans.__('Erase what was recorded, for good'),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            runId: { type: 'string', description: 'Run that is meant' },
            runIds: {
              type: 'array',
              items: { type: 'string' },
              description: 'Runs that are meant'
            },
            context: {
              type: 'boolean',
              description: 'Take the run below the context menu'
            },
            cellId: { type: 'string', description: 'Cell that is meant' }
          }
        }
      },
      execute: async args => {
        const cellId = (args.cellId as string) ?? null;
        const runIds = cellId ? [] : targetRuns(app, mlops, args);
        await attempt(() => Private.forget(services, runIds, cellId));
      }
    });

    commands.addCommand(CommandIDs.keepNotebookOut, {
      label: trans.__('Never Record This Notebook'),
      caption: trans.__('Says so in the notebook, for all who open it'),
      isToggleable: true,
      isToggled: () => notebook.keptOut,
      isEnabled: () => notebook.path !== null,
      describedBy: NO_ARGS,
      execute: async () => {
        const out = !notebook.keptOut;
        const { kernelId } = notebook;
        notebook.keepOut(out);
        if (kernelId && status.session && status.session.recording === out) {
          await attempt(() => status.recordKernel(kernelId, !out));
        }
      }
    });

    notebook.stateChanged.connect(() =>
      commands.notifyCommandChanged(CommandIDs.keepNotebookOut)
    );
    for (const command of [CommandIDs.forget, CommandIDs.keepNotebookOut]) {
      palette?.addItem({ command, category: trans.__('MLOps') });
    }
  }
};

namespace Private {
  /** Ask what, say what it takes, erase it, and say what it has taken. */
  export async function forget(
    services: IViewServices,
    runIds: readonly string[],
    cellId: string | null
  ): Promise<void> {
    const { trans, mlops } = services;
    const { ForgetForm, takenWords } = await import('../components/forgetform');
    const { ForgetFormModel } = await import('../model/forget');
    const names = runIds.map(
      runId => mlops.runs.find(runId)?.name ?? runId.slice(0, 8)
    );
    const form = new ForgetFormModel(mlops.client, { cellId, runIds, names });
    const accepted = await showForm({
      services,
      form,
      title: trans.__('Forget'),
      accept: trans.__('Erase for good'),
      view: <ForgetForm form={form} />
    });
    if (accepted && form.answer) {
      const words = takenWords(form.answer, trans);
      Notification.success(trans.__('Erased: %1', words), { autoClose: false });
    }
  }
}
