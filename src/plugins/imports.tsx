import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import {
  Dialog,
  ICommandPalette,
  Notification,
  showDialog
} from '@jupyterlab/apputils';
import { downloadIcon } from '@jupyterlab/ui-components';
import type { ImportJob } from '../api/types';
import { saveBlob } from '../model/download';
import { formatSize } from '../model/format';
import type { ImportsModel } from '../model/imports';
import { attempt } from '../report';
import { CommandIDs, EXTENSION_ID, IViewServices } from '../tokens';
import { showForm } from '../widgets/formdialog';
import { ViewHost } from '../widgets/host';
import { RUN_ARGS } from './describedby';
import { targetRuns } from './target';

const AUTO_CLOSE = 10_000;

/** Takes records over, and hands runs on. */
export const importsPlugin: JupyterFrontEndPlugin<void> = {
  id: `${EXTENSION_ID}:imports`,
  description: 'Commands that import records of other tools and export runs.',
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
    let imports: ImportsModel | null = null;

    commands.addCommand(CommandIDs.importRuns, {
      label: trans.__('Import Runs …'),
      caption: trans.__(
        'Take over what another tool, or another record, holds'
      ),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            source: {
              type: 'string',
              description: 'Path of a file or folder, or a server'
            }
          }
        }
      },
      execute: async args => {
        const { ImportsModel } = await import('../model/imports');
        imports ??= new ImportsModel(mlops.client, mlops.changes);
        const { contents } = app.serviceManager;
        const source = (args.source as string) ?? '';
        await Private.ask(services, imports, contents, source);
      }
    });

    commands.addCommand(CommandIDs.exportRuns, {
      label: trans.__('Export as an Archive'),
      caption: trans.__(
        'Download a zip that another record takes in with nothing lost'
      ),
      icon: downloadIcon,
      describedBy: RUN_ARGS,
      isEnabled: args => targetRuns(app, mlops, args).length > 0,
      execute: async args => {
        await Private.download(services, targetRuns(app, mlops, args));
      }
    });
    palette?.addItem({
      command: CommandIDs.importRuns,
      category: trans.__('MLOps')
    });
  }
};

namespace Private {
  /** Ask for a source, begin, and show how far it is. */
  export async function ask(
    services: IViewServices,
    imports: ImportsModel,
    contents: JupyterFrontEnd['serviceManager']['contents'],
    source: string
  ): Promise<void> {
    const { trans, mlops } = services;
    const { ImportFormModel } = await import('../model/imports');
    const { ImportForm } = await import('../components/importform');
    const servers = mlops.status.status?.targets ?? [];
    const form = new ImportFormModel(imports, contents, servers, source);
    const accepted = await showForm({
      services,
      form,
      title: trans.__('Import runs'),
      accept: trans.__('Import'),
      view: <ImportForm form={form} />
    });
    if (accepted && form.job) {
      follow(services, imports, form.job);
    }
  }

  /** Say how far an import is until it has ended. */
  function follow(
    services: IViewServices,
    imports: ImportsModel,
    job: ImportJob
  ): void {
    const { trans } = services;
    const id = Notification.emit(progress(services, job), 'in-progress', {
      autoClose: false,
      actions: [
        {
          label: trans.__('Cancel'),
          callback: event => {
            event.preventDefault();
            void attempt(() => imports.cancel(job.import_id));
          }
        }
      ]
    });
    const onChanged = (_: unknown, now: ImportJob) => {
      if (now.import_id !== job.import_id) {
        return;
      }
      if (now.state === 'running') {
        Notification.update({ id, message: progress(services, now) });
      } else {
        imports.changed.disconnect(onChanged);
        Notification.dismiss(id);
        tell(services, now);
      }
    };
    imports.changed.connect(onChanged);
  }

  function progress({ trans }: IViewServices, job: ImportJob): string {
    const { done = 0, count, doing } = job;
    if (!done) {
      return trans.__('Importing %1 …', job.source);
    }
    return count
      ? trans.__('Importing: %1 of %2 (%3)', done, count, doing)
      : trans.__('Importing: %1 (%2)', done, doing);
  }

  /** Say what came of an import. */
  function tell(services: IViewServices, job: ImportJob): void {
    const { trans } = services;
    if (job.state === 'failed') {
      Notification.error(job.error ?? '', { autoClose: false });
      return;
    }
    if (job.state === 'cancelled' || !job.report) {
      Notification.info(
        trans.__(
          'The import was given up. What is here stays; importing again goes on.'
        )
      );
      return;
    }
    const { report } = job;
    const left = report.left?.length ?? 0;
    const message = trans._n(
      'Imported %1 run.',
      'Imported %1 runs.',
      report.runs ?? 0
    );
    Notification.emit(
      left
        ? `${message} ${trans._n('%1 thing was left.', '%1 things were left.', left)}`
        : message,
      left ? 'warning' : 'success',
      {
        autoClose: left ? false : AUTO_CLOSE,
        actions: [
          {
            label: trans.__('Report'),
            callback: () => void showReport(services, job)
          }
        ]
      }
    );
  }

  async function showReport(
    services: IViewServices,
    job: ImportJob
  ): Promise<void> {
    const { trans } = services;
    const { ImportSummary } = await import('../components/importform');
    if (job.report) {
      await showDialog({
        title: trans.__('Import of %1', job.source),
        body: new ViewHost({
          services,
          view: <ImportSummary report={job.report} />
        }),
        buttons: [Dialog.okButton({ label: trans.__('Close') })]
      });
    }
  }

  /** Have the browser save an archive of runs. */
  export async function download(
    services: IViewServices,
    runIds: readonly string[]
  ): Promise<void> {
    const { trans, mlops } = services;
    const giveUp = new AbortController();
    const id = Notification.emit(trans.__('Exporting …'), 'in-progress', {
      autoClose: false,
      actions: [{ label: trans.__('Cancel'), callback: () => giveUp.abort() }]
    });
    try {
      const blob = await mlops.client.download(
        '/archive',
        { body: { run_ids: [...runIds] } },
        giveUp.signal,
        bytes =>
          Notification.update({
            id,
            message: trans.__('Exporting: %1', formatSize(bytes))
          })
      );
      const name = mlops.runs.find(runIds[0])?.name ?? 'run';
      saveBlob(
        blob,
        runIds.length > 1 ? `${runIds.length}-runs.zip` : `${name}.zip`
      );
    } catch (error) {
      if (!giveUp.signal.aborted) {
        Notification.error((error as Error).message);
      }
    } finally {
      Notification.dismiss(id);
    }
  }
}
