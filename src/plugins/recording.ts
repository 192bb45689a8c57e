import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  ICommandPalette,
  InputDialog,
  Notification
} from '@jupyterlab/apputils';
// The panel, which has it, is there from the start.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { lightWord } from '../components/light';
import { lockIcon, recordIcon, unrecordedIcon } from '../icons';
import { attempt } from '../report';
import { CommandIDs, EXTENSION_ID, IViewServices } from '../tokens';
import { NO_ARGS, RUN_ARGS } from './describedby';

/** Switches recording, and opens and ends runs. */
export const recordingPlugin: JupyterFrontEndPlugin<void> = {
  id: `${EXTENSION_ID}:recording`,
  description: 'Commands that switch recording, and open and end runs.',
  autoStart: true,
  requires: [IViewServices],
  optional: [ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    services: IViewServices,
    palette: ICommandPalette | null
  ): void => {
    const { commands } = app;
    const { trans } = services;
    const { status, notebook, runs } = services.mlops;
    const openRun = () =>
      runs.runs.find(
        run =>
          run.status === 'RUNNING' &&
          run.session_id === status.session?.session_id
      );

    commands.addCommand(CommandIDs.toggleRecording, {
      label: trans.__('Record This Notebook'),
      caption: () => lightWord(status.light, trans),
      icon: () =>
        status.isLocked
          ? lockIcon
          : status.session?.recording && status.status?.recording
            ? recordIcon
            : unrecordedIcon,
      isToggleable: true,
      isToggled: () => status.session?.recording ?? false,
      isEnabled: () => status.session !== null && !status.isLocked,
      describedBy: NO_ARGS,
      execute: async () => {
        const { kernelId } = notebook;
        const { session } = status;
        if (kernelId && session) {
          await attempt(() =>
            status.recordKernel(kernelId, !session.recording)
          );
        }
      }
    });

    commands.addCommand(CommandIDs.toggleAllRecording, {
      label: trans.__('Record What I Run'),
      isToggleable: true,
      isToggled: () => status.status?.recording ?? false,
      isEnabled: () => status.status !== null && !status.isLocked,
      describedBy: NO_ARGS,
      execute: async () => {
        await attempt(() => status.recordAll(!status.status?.recording));
      }
    });

    commands.addCommand(CommandIDs.startRun, {
      label: trans.__('Start Run …'),
      caption: trans.__('Everything that follows in this kernel belongs to it'),
      isEnabled: () => notebook.kernelId !== null,
      describedBy: NO_ARGS,
      execute: async () => {
        const { kernelId } = notebook;
        const { value, button } = await InputDialog.getText({
          title: trans.__('Start run'),
          label: trans.__('Name'),
          placeholder: trans.__('empty: a name is made up'),
          okLabel: trans.__('Start')
        });
        if (button.accept && kernelId) {
          const run = await attempt(() =>
            runs.start(kernelId, value?.trim() || null)
          );
          if (run) {
            Notification.success(trans.__('Run %1 is open.', run.name), {
              autoClose: 3000
            });
          }
        }
      }
    });

    commands.addCommand(CommandIDs.endRun, {
      label: trans.__('End Run'),
      isEnabled: args => typeof args.runId === 'string' || !!openRun(),
      describedBy: RUN_ARGS,
      execute: async args => {
        const runId = (args.runId as string) ?? openRun()?.run_id;
        await attempt(() => runs.end(runId));
      }
    });

    status.stateChanged.connect(() => {
      commands.notifyCommandChanged(CommandIDs.toggleRecording);
      commands.notifyCommandChanged(CommandIDs.toggleAllRecording);
    });

    for (const command of [
      CommandIDs.toggleRecording,
      CommandIDs.toggleAllRecording,
      CommandIDs.startRun,
      CommandIDs.endRun
    ]) {
      palette?.addItem({ command, category: trans.__('MLOps') });
    }
  }
};
