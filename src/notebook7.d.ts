/** What Notebook 7 shares with extensions on its page of files; Lab has nothing of the kind. */
declare module '@jupyter-notebook/tree' {
  import type { Token } from '@lumino/coreutils';
  import type { TabPanel } from '@lumino/widgets';

  export const INotebookTree: Token<TabPanel>;
}
