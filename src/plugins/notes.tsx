import {
  ILayoutRestorer,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, Notification } from '@jupyterlab/apputils';
import { downloadIcon } from '@jupyterlab/ui-components';
import { noteIcon } from '../icons';
import { saveBlob } from '../model/download';
import { ObservableModel } from '../model/observable';
import { attempt } from '../report';
import { CommandIDs, EXTENSION_ID, IViewServices } from '../tokens';
import { ITabContent, ViewTabs } from './tabs';

const ARGS = {
  args: {
    type: 'object',
    properties: {
      experimentId: { type: 'string', description: 'Id of the experiment' },
      runId: { type: 'string', description: 'Id of the run' }
    }
  }
};

/** Notes of experiments in tabs, and notes as pages. */
export const notesPlugin: JupyterFrontEndPlugin<void> = {
  id: `${EXTENSION_ID}:notes`,
  description: 'Notes of experiments with tables and charts of runs.',
  autoStart: true,
  requires: [IViewServices],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: (
    app: JupyterFrontEnd,
    services: IViewServices,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ): void => {
    const { trans, mlops } = services;
    const tabs = new ViewTabs<ObservableModel>({
      services,
      restorer,
      namespace: `${EXTENSION_ID}-note`,
      command: CommandIDs.openNote,
      args: experimentId => ({ experimentId })
    });

    app.commands.addCommand(CommandIDs.openNote, {
      label: trans.__('Open the Note of the Experiment'),
      caption: trans.__('Of the experiment in the panel, or of the newest run'),
      icon: noteIcon,
      describedBy: ARGS,
      execute: async args => {
        const experimentId = await Private.target(args, services);
        if (experimentId === null) {
          Notification.info(
            trans.__('There is no experiment yet: run a cell.')
          );
          return;
        }
        await tabs.open(experimentId, () =>
          Private.content(services, experimentId)
        );
      }
    });
    palette?.addItem({
      command: CommandIDs.openNote,
      category: trans.__('MLOps')
    });

    app.commands.addCommand(CommandIDs.exportNote, {
      label: trans.__('Save the Note as an HTML Page'),
      icon: downloadIcon,
      describedBy: ARGS,
      execute: args =>
        attempt(async () => {
          const { client } = mlops;
          const { runId, experimentId } = args as Record<string, string>;
          const blob = runId
            ? await client.blob('/runs/{run_id}/report', {
                path: { run_id: runId }
              })
            : await client.blob('/experiments/{experiment_id}/report', {
                path: { experiment_id: experimentId }
              });
          saveBlob(blob, 'report.html');
        })
    });
  }
};

namespace Private {
  /** The experiment that is named, that the panel is narrowed to, or that of the newest run. */
  export async function target(
    args: { readonly experimentId?: unknown },
    { mlops: { runs } }: IViewServices
  ): Promise<string | null> {
    if (typeof args.experimentId === 'string') {
      return args.experimentId;
    }
    if (runs.runs.length === 0) {
      await runs.reload();
    }
    const chosen = runs.experiments.find(
      each => each.name === runs.query.experiment
    );
    return chosen?.experiment_id ?? runs.runs[0]?.experiment_id ?? null;
  }

  export async function content(
    services: IViewServices,
    experimentId: string
  ): Promise<ITabContent<ObservableModel>> {
    const { mlops, trans } = services;
    const { ExperimentNote } =
      await import('../components/notes/experimentnote');
    const name = mlops.runs.experiments.find(
      each => each.experiment_id === experimentId
    )?.name;
    return {
      // The runs, whose model is that of the panel, know the experiments.
      model: new ObservableModel(),
      view: <ExperimentNote experimentId={experimentId} />,
      label: name ? trans.__('Note on %1', name) : trans.__('Note'),
      icon: noteIcon
    };
  }
}
