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
import { SplitPanel, Widget } from '@lumino/widgets';
import { compareIcon } from '../icons';
import { COMPARE_LIMITS, ComparisonModel } from '../model/comparison';
import { CommandIDs, EXTENSION_ID, IViewServices } from '../tokens';
import { ViewHost } from '../widgets/host';
import { RUN_ARGS } from './describedby';
import { targetRuns } from './target';

/** Pixels below which nobody can compare anything. */
const LEAST_HEIGHT = 120;

/** Ids of tabs begin so. The restorer finds no namespace with a colon in it. */
const PREFIX = `${EXTENSION_ID}-compare`;

/** Puts runs beside each other: in a tab of Lab, below the notebook in Notebook 7. */
export const comparePlugin: JupyterFrontEndPlugin<void> = {
  id: `${EXTENSION_ID}:compare`,
  description: 'The view that compares runs.',
  autoStart: true,
  requires: [IViewServices],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    services: IViewServices,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): void => {
    const { commands } = app;
    const { trans, mlops, hasTabs } = services;
    const { least, most } = COMPARE_LIMITS;
    const tabs = new WidgetTracker<MainAreaWidget<ViewHost>>({
      namespace: PREFIX
    });

    commands.addCommand(CommandIDs.compareRuns, {
      label: trans.__('Compare Selected Runs'),
      caption: trans.__('Select %1 to %2 runs to compare them.', least, most),
      icon: compareIcon,
      describedBy: RUN_ARGS,
      isEnabled: args => {
        const { length } = targetRuns(app, mlops, args);
        return length >= least && length <= most;
      },
      execute: async args => {
        // The older run is what the newer one is measured against.
        const runIds = Private.oldestFirst(
          targetRuns(app, mlops, args),
          services
        );
        const id = Private.idOf(runIds);
        const tab =
          tabs.find(each => each.id === id) ??
          (await Private.makeTab(services, runIds));
        if (!tabs.has(tab)) {
          await tabs.add(tab);
          app.shell.add(tab, hasTabs ? 'main' : 'down', { type: 'MLOps' });
        }
        app.shell.activateById(tab.id);
        if (!hasTabs) {
          // Only what has been laid out keeps the size that it is given.
          requestAnimationFrame(() => Private.giveRoom(tab));
        }
      }
    });
    void restorer?.restore(tabs, {
      command: CommandIDs.compareRuns,
      args: tab => ({ runIds: Private.runIdsOf(tab) }),
      name: tab => Private.runIdsOf(tab).join(',')
    });
    palette?.addItem({
      command: CommandIDs.compareRuns,
      category: trans.__('MLOps')
    });
  }
};

namespace Private {
  export function idOf(runIds: readonly string[]): string {
    return `${PREFIX}:${runIds.join(',')}`;
  }

  export function runIdsOf(tab: MainAreaWidget<ViewHost>): string[] {
    return tab.id.slice(PREFIX.length + 1).split(',');
  }

  /** Notebook 7 opens the area below the notebook without any height. */
  export function giveRoom(widget: Widget): void {
    let area: Widget | null = widget;
    while (area && !(area.parent instanceof SplitPanel)) {
      area = area.parent;
    }
    if (area && area.node.offsetHeight < LEAST_HEIGHT) {
      (area.parent as SplitPanel).setRelativeSizes([1, 1]);
    }
  }

  /** The runs by their start; those that are not loaded stay where they are. */
  export function oldestFirst(
    runIds: readonly string[],
    services: IViewServices
  ): string[] {
    const start = (runId: string) =>
      services.mlops.runs.find(runId)?.start_time ?? 0;
    return [...runIds].sort((a, b) => start(a) - start(b));
  }

  export async function makeTab(
    services: IViewServices,
    runIds: readonly string[]
  ): Promise<MainAreaWidget<ViewHost>> {
    const { trans, mlops } = services;
    const { CompareView } = await import('../components/compare/compareview');
    const model = new ComparisonModel({
      runIds,
      client: mlops.client,
      changes: mlops.changes
    });
    const content = new ViewHost({
      services,
      view: <CompareView model={model} />
    });
    content.addClass('jp-MLOps-tab');
    const tab = new MainAreaWidget({ content });
    tab.toolbar.hide();
    tab.id = idOf(runIds);
    tab.title.label = trans.__('Compare %1 runs', runIds.length);
    tab.title.icon = compareIcon;
    tab.title.closable = true;
    tab.disposed.connect(() => model.dispose());
    return tab;
  }
}
