import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { compareIcon } from '../icons';
import type { ComparisonModel } from '../model/comparison';
import { COMPARE_LIMITS } from '../model/comparisonlink';
import { CommandIDs, EXTENSION_ID, IViewServices } from '../tokens';
import { RUN_ARGS } from './describedby';
import { ITabContent, ViewTabs } from './tabs';
import { targetRuns } from './target';

/** Puts runs beside each other: in a tab, or below the notebook of Notebook 7. */
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
    const { trans, mlops } = services;
    const { least, most } = COMPARE_LIMITS;
    const tabs = new ViewTabs<ComparisonModel>({
      services,
      restorer,
      namespace: `${EXTENSION_ID}-compare`,
      command: CommandIDs.compareRuns,
      args: key => ({ runIds: key.split(','), inThisOrder: true })
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
        const asked = targetRuns(app, mlops, args);
        // The older run is what the newer one is measured against, unless somebody chose another.
        const runIds = args.inThisOrder
          ? asked
          : Private.oldestFirst(asked, services);
        await tabs.open(runIds.join(','), () =>
          Private.content(services, runIds)
        );
      }
    });
    palette?.addItem({
      command: CommandIDs.compareRuns,
      category: trans.__('MLOps')
    });
  }
};

namespace Private {
  /** The runs by their start; those that are not loaded stay where they are. */
  export function oldestFirst(
    runIds: readonly string[],
    services: IViewServices
  ): string[] {
    const start = (runId: string) =>
      services.mlops.runs.find(runId)?.start_time ?? 0;
    return [...runIds].sort((a, b) => start(a) - start(b));
  }

  export async function content(
    services: IViewServices,
    runIds: readonly string[]
  ): Promise<ITabContent<ComparisonModel>> {
    const { trans, mlops } = services;
    const { client, changes } = mlops;
    // The answer and the view are on their way at once.
    const view = import('../components/compare/compareview');
    const { ComparisonModel } = await import('../model/comparison');
    const model = new ComparisonModel({ runIds, client, changes });
    const { CompareView } = await view;
    return {
      model,
      view: <CompareView model={model} />,
      label: trans.__('Compare %1 runs', runIds.length),
      icon: compareIcon
    };
  }
}
