import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { cellMarksPlugin } from './plugins/cellmarks';
import { chartsPlugin } from './plugins/charts';
import { comparePlugin } from './plugins/compare';
import { mlflowLinkPlugin } from './plugins/mlflowlink';
import { modelPlugin } from './plugins/model';
import { comparisonFilesPlugin } from './plugins/comparisonfiles';
import { notebookPlugin } from './plugins/notebook';
import { notesPlugin } from './plugins/notes';
import { panelPlugin } from './plugins/panel';
import { privacyPlugin } from './plugins/privacy';
import { recordingPlugin } from './plugins/recording';
import { importsPlugin } from './plugins/imports';
import { registryPlugin } from './plugins/registry';
import { restorePlugin } from './plugins/restore';
import { runsPlugin } from './plugins/runs';
import { statusBarPlugin } from './plugins/statusbar';
import { tablePlugin } from './plugins/table';
import { viewsPlugin } from './plugins/views';

export * from './tokens';

/** Every plugin of the extension. */
const plugins: JupyterFrontEndPlugin<unknown>[] = [
  modelPlugin,
  viewsPlugin,
  panelPlugin,
  runsPlugin,
  mlflowLinkPlugin,
  recordingPlugin,
  importsPlugin,
  registryPlugin,
  comparePlugin,
  chartsPlugin,
  tablePlugin,
  notesPlugin,
  comparisonFilesPlugin,
  restorePlugin,
  privacyPlugin,
  notebookPlugin,
  cellMarksPlugin,
  statusBarPlugin
];

export default plugins;
