import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  Clipboard,
  Dialog,
  ICommandPalette,
  InputDialog,
  Notification,
  showDialog
} from '@jupyterlab/apputils';
import { copyIcon, launchIcon } from '@jupyterlab/ui-components';
import { DisposableDelegate, IDisposable } from '@lumino/disposable';
import { archiveIcon, mlopsIcon, tagIcon, unarchiveIcon } from '../icons';
import { formatSize, parseTag } from '../model/format';
import { TextFormModel } from '../model/forms';
import { attempt } from '../report';
import {
  CommandIDs,
  EXTENSION_ID,
  IMLOpsPanel,
  IViewServices
} from '../tokens';
import { showForm } from '../widgets/formdialog';
import { RUN_ARGS } from './describedby';
import { ITabContent, ViewTabs } from './tabs';
import { targetRuns } from './target';

/** How long the way back is offered. */
const UNDO_TIME = 10_000;

/** Opens, tags, renames and deletes runs. */
export const runsPlugin: JupyterFrontEndPlugin<void> = {
  id: `${EXTENSION_ID}:runs`,
  description: 'Commands on runs, and runs in tabs of their own.',
  autoStart: true,
  requires: [IViewServices, IMLOpsPanel],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    services: IViewServices,
    panel: IMLOpsPanel,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): void => {
    const { commands } = app;
    const { trans, mlops } = services;
    const one = (args: Parameters<typeof targetRuns>[2]) =>
      targetRuns(app, mlops, args)[0];

    commands.addCommand(CommandIDs.openRun, {
      label: trans.__('Show Details'),
      icon: mlopsIcon,
      describedBy: RUN_ARGS,
      execute: async args => {
        panel.showRun(one(args));
        await commands.execute(CommandIDs.openPanel);
      }
    });

    const tabs = new ViewTabs<IDisposable>({
      services,
      restorer,
      namespace: `${EXTENSION_ID}-run`,
      command: CommandIDs.openRunTab,
      args: runId => ({ runId })
    });
    commands.addCommand(CommandIDs.openRunTab, {
      label: trans.__('Open in a Tab'),
      icon: launchIcon,
      describedBy: RUN_ARGS,
      isVisible: () => services.stage.hasTabs,
      execute: async args => {
        const runId = one(args);
        if (!services.stage.hasTabs) {
          await commands.execute(CommandIDs.openRun, { runId });
          return;
        }
        await tabs.open(runId, () => Private.content(services, runId));
      }
    });

    commands.addCommand(CommandIDs.tagRun, {
      label: trans.__('Tag …'),
      icon: tagIcon,
      describedBy: {
        args: {
          ...RUN_ARGS.args,
          properties: {
            ...RUN_ARGS.args.properties,
            tags: {
              type: 'object',
              description: 'Texts by key, null takes one off; else one is asked'
            }
          }
        }
      },
      isEnabled: args => targetRuns(app, mlops, args).length > 0,
      execute: async args => {
        const runIds = targetRuns(app, mlops, args);
        const tags = args.tags as Record<string, string | null> | undefined;
        await (tags
          ? Private.setTags(services, runIds, tags)
          : Private.tag(services, runIds));
      }
    });

    commands.addCommand(CommandIDs.renameRun, {
      label: trans.__('Rename …'),
      describedBy: RUN_ARGS,
      isEnabled: args => targetRuns(app, mlops, args).length === 1,
      execute: async args => {
        const runId = one(args);
        const { value } = await InputDialog.getText({
          title: trans.__('Rename run'),
          label: trans.__('Name'),
          text: mlops.runs.find(runId)?.name ?? ''
        });
        if (value) {
          await attempt(() => mlops.runs.rename(runId, value));
        }
      }
    });

    commands.addCommand(CommandIDs.archiveRuns, {
      label: trans.__('Archive'),
      caption: trans.__('Keep, but show only in the archive'),
      icon: archiveIcon,
      describedBy: RUN_ARGS,
      isEnabled: args => targetRuns(app, mlops, args).length > 0,
      execute: async args => {
        const runIds = targetRuns(app, mlops, args);
        const done = await attempt(async () => {
          await mlops.runs.archive(runIds);
          return true;
        });
        if (done) {
          Private.offerWayBack(
            trans._n('Archived %1 run.', 'Archived %1 runs.', runIds.length),
            trans.__('Undo'),
            () => mlops.runs.unarchive(runIds)
          );
        }
      }
    });

    commands.addCommand(CommandIDs.unarchiveRuns, {
      label: trans.__('Take out of the Archive'),
      icon: unarchiveIcon,
      describedBy: RUN_ARGS,
      isEnabled: args => targetRuns(app, mlops, args).length > 0,
      execute: async args => {
        const runIds = targetRuns(app, mlops, args);
        await attempt(() => mlops.runs.unarchive(runIds));
        mlops.runs.clearSelection();
      }
    });

    commands.addCommand(CommandIDs.deleteRuns, {
      label: trans.__('Delete'),
      caption: trans.__('Move to the trash'),
      describedBy: RUN_ARGS,
      isEnabled: args => targetRuns(app, mlops, args).length > 0,
      execute: async args => {
        const runIds = targetRuns(app, mlops, args);
        const done = await attempt(async () => {
          await mlops.runs.remove(runIds);
          return true;
        });
        if (done) {
          await Private.offerUndo(services, runIds);
        }
      }
    });

    commands.addCommand(CommandIDs.restoreRuns, {
      label: trans.__('Restore'),
      caption: trans.__('Take out of the trash'),
      describedBy: RUN_ARGS,
      isEnabled: args => targetRuns(app, mlops, args).length > 0,
      execute: async args => {
        const runIds = targetRuns(app, mlops, args);
        await attempt(() => mlops.runs.restore(runIds));
        mlops.runs.clearSelection();
      }
    });

    commands.addCommand(CommandIDs.eraseRuns, {
      label: trans.__('Erase …'),
      caption: trans.__('Erase deleted runs for good'),
      describedBy: RUN_ARGS,
      isEnabled: args => targetRuns(app, mlops, args).length > 0,
      execute: async args => {
        const runIds = targetRuns(app, mlops, args);
        await attempt(() => Private.erase(services, runIds));
      }
    });

    commands.addCommand(CommandIDs.copyRunId, {
      label: trans.__('Copy Run ID'),
      icon: copyIcon,
      describedBy: RUN_ARGS,
      execute: args => {
        Clipboard.copyToSystem(one(args));
      }
    });

    for (const command of [
      CommandIDs.tagRun,
      CommandIDs.archiveRuns,
      CommandIDs.deleteRuns
    ]) {
      palette?.addItem({ command, category: trans.__('MLOps') });
    }
  }
};

namespace Private {
  /** A run in a tab of its own, which bears its name. */
  export async function content(
    services: IViewServices,
    runId: string
  ): Promise<ITabContent<IDisposable>> {
    const { RunView } = await import('../components/run/runview');
    const { runs } = services.mlops;
    let follow = () => {};
    return {
      model: new DisposableDelegate(() => runs.stateChanged.disconnect(follow)),
      view: <RunView runId={runId} />,
      label: services.trans.__('Run %1', runId.slice(0, 8)),
      icon: mlopsIcon,
      onTab: ({ title }) => {
        follow = () => {
          title.label = runs.find(runId)?.name ?? title.label;
        };
        follow();
        runs.stateChanged.connect(follow);
      }
    };
  }

  /** Ask for a tag, and set it on all of the runs. */
  export async function tag(
    services: IViewServices,
    runIds: readonly string[]
  ): Promise<void> {
    const { trans } = services;
    const { TagForm } = await import('../components/runs/tagform');
    const form = new TextFormModel(async text => {
      const parsed = parseTag(text);
      if (!parsed) {
        throw new Error(trans.__('A tag is written as key or key=value.'));
      }
      await setTags(services, runIds, { [parsed.key]: parsed.value });
    });
    await showForm({
      services,
      form,
      title: trans._n('Tag %1 run', 'Tag %1 runs', runIds.length),
      accept: trans.__('Tag'),
      view: <TagForm form={form} />
    });
  }

  /** Set tags; of several runs, one click brings back what they had. */
  export async function setTags(
    services: IViewServices,
    runIds: readonly string[],
    tags: Record<string, string | null>
  ): Promise<void> {
    const { trans, mlops } = services;
    if (runIds.length < 2) {
      return mlops.runs.tag(runIds, tags);
    }
    const putBack = await mlops.runs.tagsOf(runIds, Object.keys(tags));
    await mlops.runs.tag(runIds, tags);
    offerWayBack(
      trans._n('Tagged %1 run.', 'Tagged %1 runs.', runIds.length),
      trans.__('Undo'),
      putBack
    );
  }

  /** Say what was done, and how it is undone. */
  export function offerWayBack(
    message: string,
    label: string,
    undo: () => Promise<void>
  ): string {
    return Notification.emit(message, 'default', {
      autoClose: UNDO_TIME,
      actions: [{ label, callback: () => void attempt(undo) }]
    });
  }

  /** Deleted runs lie in the trash: one click brings them back. */
  export async function offerUndo(
    services: IViewServices,
    runIds: readonly string[]
  ): Promise<void> {
    const { trans, mlops } = services;
    const id = offerWayBack(
      trans._n(
        'Moved %1 run to the trash.',
        'Moved %1 runs to the trash.',
        runIds.length
      ),
      trans.__('Undo'),
      () => mlops.runs.restore(runIds)
    );
    const bytes = await attempt(() => mlops.runs.erase(runIds, true));
    if (bytes) {
      const message = trans._n(
        'Moved %1 run to the trash. Erasing it there would free %2.',
        'Moved %1 runs to the trash. Erasing them there would free %2.',
        runIds.length,
        formatSize(bytes)
      );
      Notification.update({ id, message });
    }
  }

  /** What is erased cannot be brought back: here one is asked. */
  export async function erase(
    services: IViewServices,
    runIds: readonly string[]
  ): Promise<void> {
    const { trans, mlops } = services;
    const size = formatSize(await mlops.runs.erase(runIds, true));
    const { button } = await showDialog({
      title: trans._n(
        'Erase %1 run for good?',
        'Erase %1 runs for good?',
        runIds.length
      ),
      body: trans.__('This frees %1. Nothing can bring it back.', size),
      buttons: [
        Dialog.cancelButton({ label: trans.__('Cancel') }),
        Dialog.warnButton({ label: trans.__('Erase') })
      ]
    });
    if (button.accept) {
      await mlops.runs.erase(runIds, false);
      Notification.info(trans.__('Freed %1.', size));
    }
  }
}
