import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  Clipboard,
  ICommandPalette,
  InputDialog,
  MainAreaWidget,
  Notification,
  WidgetTracker
} from '@jupyterlab/apputils';
import { copyIcon, launchIcon } from '@jupyterlab/ui-components';
import { mlopsIcon, tagIcon } from '../icons';
import { parseTag } from '../model/format';
import { TextFormModel } from '../model/forms';
import { attempt } from '../report';
import {
  CommandIDs,
  EXTENSION_ID,
  IMLOpsPanel,
  IViewServices
} from '../tokens';
import { showForm } from '../widgets/formdialog';
import { ViewHost } from '../widgets/host';
import { RUN_ARGS } from './describedby';
import { targetRuns } from './target';

/** Ids of tabs begin so. The restorer finds no namespace with a colon in it. */
const PREFIX = `${EXTENSION_ID}-run`;

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

    const tabs = new WidgetTracker<MainAreaWidget<ViewHost>>({
      namespace: PREFIX
    });
    commands.addCommand(CommandIDs.openRunTab, {
      label: trans.__('Open in a Tab'),
      icon: launchIcon,
      describedBy: RUN_ARGS,
      isVisible: () => services.hasTabs,
      execute: async args => {
        const runId = one(args);
        if (!services.hasTabs) {
          await commands.execute(CommandIDs.openRun, { runId });
          return;
        }
        const tab =
          tabs.find(each => Private.runIdOf(each) === runId) ??
          (await Private.makeTab(services, runId));
        if (!tabs.has(tab)) {
          await tabs.add(tab);
          app.shell.add(tab, 'main', { type: 'MLOps' });
        }
        app.shell.activateById(tab.id);
      }
    });
    void restorer?.restore(tabs, {
      command: CommandIDs.openRunTab,
      args: tab => ({ runId: Private.runIdOf(tab) }),
      name: Private.runIdOf
    });

    commands.addCommand(CommandIDs.tagRun, {
      label: trans.__('Tag …'),
      icon: tagIcon,
      describedBy: RUN_ARGS,
      isEnabled: args => targetRuns(app, mlops, args).length > 0,
      execute: args => Private.tag(services, targetRuns(app, mlops, args))
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
          Private.offerUndo(services, runIds);
        }
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

    for (const command of [CommandIDs.tagRun, CommandIDs.deleteRuns]) {
      palette?.addItem({ command, category: trans.__('MLOps') });
    }
  }
};

namespace Private {
  /** A run in a tab of its own. */
  export async function makeTab(
    services: IViewServices,
    runId: string
  ): Promise<MainAreaWidget<ViewHost>> {
    const { RunView } = await import('../components/run/runview');
    const { runs } = services.mlops;
    const content = new ViewHost({
      services,
      view: <RunView runId={runId} />
    });
    content.addClass('jp-MLOps-tab');
    const tab = new MainAreaWidget({ content });
    tab.toolbar.hide();
    tab.id = `${PREFIX}:${runId}`;
    tab.title.icon = mlopsIcon;
    tab.title.closable = true;
    const label = () => {
      tab.title.label = runs.find(runId)?.name ?? tab.title.label;
    };
    tab.title.label = services.trans.__('Run %1', runId.slice(0, 8));
    label();
    runs.stateChanged.connect(label);
    tab.disposed.connect(() => {
      runs.stateChanged.disconnect(label);
    });
    return tab;
  }

  export function runIdOf(tab: MainAreaWidget<ViewHost>): string {
    return tab.id.slice(PREFIX.length + 1);
  }

  /** Ask for a tag, and set it on all of the runs. */
  export async function tag(
    services: IViewServices,
    runIds: readonly string[]
  ): Promise<void> {
    const { trans, mlops } = services;
    const { TagForm } = await import('../components/runs/tagform');
    const form = new TextFormModel(async text => {
      const parsed = parseTag(text);
      if (!parsed) {
        throw new Error(trans.__('A tag is written as key or key=value.'));
      }
      await mlops.runs.tag(runIds, { [parsed.key]: parsed.value });
    });
    await showForm({
      services,
      form,
      title: trans._n('Tag %1 run', 'Tag %1 runs', runIds.length),
      accept: trans.__('Tag'),
      view: <TagForm form={form} />
    });
  }

  /** Deleted runs lie in the trash: one click brings them back. */
  export function offerUndo(
    services: IViewServices,
    runIds: readonly string[]
  ): void {
    const { trans, mlops } = services;
    Notification.emit(
      trans._n(
        'Moved %1 run to the trash.',
        'Moved %1 runs to the trash.',
        runIds.length
      ),
      'default',
      {
        autoClose: UNDO_TIME,
        actions: [
          {
            label: trans.__('Undo'),
            callback: () => void attempt(() => mlops.runs.restore(runIds))
          }
        ]
      }
    );
  }
}
