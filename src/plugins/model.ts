import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { ITranslator } from '@jupyterlab/translation';
import { MLOpsClient } from '../api/client';
import { ChangeStream } from '../model/changes';
import { CurrentNotebook } from '../model/notebook';
import { RegistryModel } from '../model/registry';
// The panel shows it from the start.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { RunsModel } from '../model/runs';
import { StatusModel } from '../model/status';
import { EXTENSION_ID, IMLOps, TRANSLATION_DOMAIN } from '../tokens';

/** Builds what all views look at: the only place that joins client, events and models. */
export const modelPlugin: JupyterFrontEndPlugin<IMLOps> = {
  id: `${EXTENSION_ID}:model`,
  description: 'Provides the record of runs, executions and models.',
  autoStart: true,
  provides: IMLOps,
  optional: [INotebookTracker, ITranslator],
  activate: (
    app: JupyterFrontEnd,
    tracker: INotebookTracker | null,
    translator: ITranslator | null
  ): IMLOps => {
    const { serviceManager } = app;
    const client = new MLOpsClient({
      serverSettings: serviceManager.serverSettings,
      trans: translator?.load(TRANSLATION_DOMAIN)
    });
    const changes = new ChangeStream(serviceManager);
    const notebook = new CurrentNotebook(tracker);
    // Whatever cut the kernel's socket has cut the stream of changes, too.
    notebook.reconnected.connect(() => changes.probe());
    return {
      client,
      changes,
      notebook,
      status: new StatusModel({ client, changes, notebook }),
      runs: new RunsModel({ client, changes }),
      registry: new RegistryModel({ client, changes })
    };
  }
};
