import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Clipboard, Notification } from '@jupyterlab/apputils';
import type { INotebookContent } from '@jupyterlab/nbformat';
import { copyIcon, downloadIcon } from '@jupyterlab/ui-components';
import { linkedRuns, linkTo } from '../model/comparisonlink';
import { saveBlob } from '../model/download';
import { openAsNew } from '../newnotebook';
import { attempt } from '../report';
import { CommandIDs, EXTENSION_ID, IViewServices } from '../tokens';
import { targetRuns } from './target';
import { RUN_ARGS } from './describedby';

/** Lets a comparison go to others: as a link, a page or a notebook. */
export const comparisonFilesPlugin: JupyterFrontEndPlugin<void> = {
  id: `${EXTENSION_ID}:comparison-files`,
  description: 'Comparisons as links, HTML pages and notebooks.',
  autoStart: true,
  requires: [IViewServices],
  activate: (app: JupyterFrontEnd, services: IViewServices): void => {
    const { commands } = app;
    const { trans, mlops, stage } = services;

    commands.addCommand(CommandIDs.copyComparisonLink, {
      label: trans.__('Copy Link to the Comparison'),
      icon: copyIcon,
      describedBy: RUN_ARGS,
      execute: args => {
        const link = linkTo(targetRuns(app, mlops, args), stage.page);
        Clipboard.copyToSystem(link);
        Notification.success(trans.__('The link is in the clipboard.'), {
          autoClose: 3000
        });
        return link;
      }
    });

    commands.addCommand(CommandIDs.exportComparison, {
      label: trans.__('Export the Comparison'),
      icon: downloadIcon,
      describedBy: {
        args: {
          ...RUN_ARGS.args,
          properties: {
            ...RUN_ARGS.args.properties,
            format: { type: 'string', enum: ['html', 'notebook'] }
          }
        }
      },
      execute: args =>
        attempt(async () => {
          const run_id = targetRuns(app, mlops, args);
          const format = args.format === 'notebook' ? 'notebook' : 'html';
          const blob = await mlops.client.blob('/compare/export', {
            query: { run_id, format }
          });
          if (format === 'html') {
            saveBlob(blob, 'comparison.html');
            return;
          }
          const content = JSON.parse(await blob.text()) as INotebookContent;
          await openAsNew(app, content, '', 'comparison');
        })
    });

    const asked = linkedRuns(window.location.href);
    if (asked.length > 0) {
      void app.restored.then(() =>
        commands.execute(CommandIDs.compareRuns, {
          runIds: asked,
          inThisOrder: true
        })
      );
    }
  }
};
