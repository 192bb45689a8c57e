import {
  IRouter,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { CommandIDs, EXTENSION_ID } from '../tokens';

/** In the address of the application: the run to be shown. */
const PARAMETER = 'mlops-run';

/** Shows the run behind a link that an MLflow client has printed. */
export const mlflowLinkPlugin: JupyterFrontEndPlugin<void> = {
  id: `${EXTENSION_ID}:mlflow-link`,
  description: 'Opens the run that a link of MLflow names.',
  autoStart: true,
  optional: [IRouter],
  activate: (app: JupyterFrontEnd, router: IRouter | null): void => {
    const asked = new URLSearchParams(window.location.search);
    const runId = asked.get(PARAMETER);
    if (!runId) {
      return;
    }
    asked.delete(PARAMETER);
    const rest = asked.toString();
    void app.restored.then(async () => {
      // A page that is loaded again is not to show the run again.
      router?.navigate(router.current.path + (rest ? `?${rest}` : ''), {
        skipRouting: true
      });
      await app.commands.execute(CommandIDs.openRun, { runId });
    });
  }
};
