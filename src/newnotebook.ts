import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { INotebookContent } from '@jupyterlab/nbformat';

/** Write a notebook beside others under a name that is free, and open it. Nothing is overwritten. */
export async function openAsNew(
  app: JupyterFrontEnd,
  content: INotebookContent,
  folder: string,
  name: string
): Promise<string> {
  const { contents } = app.serviceManager;
  const made = await contents.newUntitled({ type: 'notebook', path: folder });
  await contents.save(made.path, {
    type: 'notebook',
    format: 'json',
    content
  });
  const path = await contents
    .rename(made.path, `${folder ? `${folder}/` : ''}${name}.ipynb`)
    .then(
      renamed => renamed.path,
      // The name is taken: the new file keeps the one that it was made with.
      () => made.path
    );
  await app.commands.execute('docmanager:open', { path });
  return path;
}
