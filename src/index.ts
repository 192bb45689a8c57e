import { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { panelPlugin } from './plugins/panel';

export * from './tokens';

/** Every plugin of the extension. */
const plugins: JupyterFrontEndPlugin<unknown>[] = [panelPlugin];

export default plugins;
