import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { modelPlugin } from './plugins/model';
import { panelPlugin } from './plugins/panel';
import { viewsPlugin } from './plugins/views';

export * from './tokens';

/** Every plugin of the extension. */
const plugins: JupyterFrontEndPlugin<unknown>[] = [
  modelPlugin,
  viewsPlugin,
  panelPlugin
];

export default plugins;
