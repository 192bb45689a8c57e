/** The name under which plugins, commands and translations of this extension are known. */
export const EXTENSION_ID = 'jupyterlab-mlops';
