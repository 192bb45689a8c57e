import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { downloadIcon } from '@jupyterlab/ui-components';
import { pushIcon } from '../icons';
import { saveBlob } from '../model/download';
import { PushFormModel, RegisterFormModel } from '../model/forms';
import { attempt } from '../report';
import { CommandIDs, EXTENSION_ID, IViewServices } from '../tokens';
import { showForm } from '../widgets/formdialog';
import { RUN_ARGS, VERSION_ARGS } from './describedby';
import { targetRuns, targetVersion } from './target';

/** Registers models, pushes and downloads versions. */
export const registryPlugin: JupyterFrontEndPlugin<void> = {
  id: `${EXTENSION_ID}:registry`,
  description: 'Commands that register, push and download models.',
  autoStart: true,
  requires: [IViewServices],
  activate: (app: JupyterFrontEnd, services: IViewServices): void => {
    const { commands } = app;
    const { trans, mlops } = services;

    commands.addCommand(CommandIDs.registerModel, {
      label: trans.__('Register Model …'),
      describedBy: RUN_ARGS,
      isEnabled: args => {
        const [runId] = targetRuns(app, mlops, args);
        return runId !== undefined && mlops.runs.find(runId)?.model_count !== 0;
      },
      execute: async args => {
        const [runId] = targetRuns(app, mlops, args);
        const modelId = (args.modelId as string) ?? null;
        await attempt(() => Private.register(services, runId, modelId));
      }
    });

    commands.addCommand(CommandIDs.pushVersion, {
      label: trans.__('Push …'),
      caption: trans.__('Push this version to a model registry'),
      icon: pushIcon,
      describedBy: VERSION_ARGS,
      execute: async args => {
        const which = targetVersion(app, args);
        if (which) {
          await Private.push(services, which.name, which.version);
        }
      }
    });

    commands.addCommand(CommandIDs.downloadVersion, {
      label: trans.__('Download'),
      caption: trans.__("Download as MLflow's model directory"),
      icon: downloadIcon,
      describedBy: VERSION_ARGS,
      execute: async args => {
        const which = targetVersion(app, args);
        if (which) {
          const { name, version } = which;
          const blob = await attempt(() =>
            mlops.registry.download(name, version)
          );
          if (blob) {
            saveBlob(blob, `${name}-v${version}.zip`);
          }
        }
      }
    });
  }
};

namespace Private {
  /** Ask for a name, register, and offer to push. */
  export async function register(
    services: IViewServices,
    runId: string,
    modelId: string | null
  ): Promise<void> {
    const { trans, mlops } = services;
    const { models } = await mlops.runs.details(runId);
    if (models.length === 0) {
      Notification.info(trans.__('This run has no model.'));
      return;
    }
    const { RegisterForm } = await import('../components/models/registerform');
    const form = new RegisterFormModel(mlops.registry, runId, models, modelId);
    const accepted = await showForm({
      services,
      form,
      title: trans.__('Register model'),
      accept: trans.__('Register'),
      view: <RegisterForm form={form} />
    });
    if (accepted && form.version) {
      const { name, version } = form.version;
      Notification.success(trans.__('Registered %1 v%2.', name, version), {
        autoClose: 8000,
        actions: [
          {
            label: trans.__('Push …'),
            callback: () => void push(services, name, version)
          }
        ]
      });
    }
  }

  /** Ask where to, and hand the version to the outbox. */
  export async function push(
    services: IViewServices,
    name: string,
    version: number
  ): Promise<void> {
    const { trans, mlops } = services;
    const found = mlops.registry.find(name, version);
    if (!found) {
      return;
    }
    const targets = mlops.status.status?.targets ?? [];
    const { PushForm } = await import('../components/models/pushform');
    const form = new PushFormModel(mlops.registry, found, targets);
    await showForm({
      services,
      form,
      title: trans.__('Push %1 v%2', name, version),
      accept: trans.__('Push'),
      view: <PushForm form={form} />
    });
  }
}
