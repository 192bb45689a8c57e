import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';
import { columnWidth, isSortable, NAME } from '../../model/columns';
import type { RunTableModel } from '../../model/table';
import { WIDTH_STEP } from './keys';

/** What can be done with a column; all of it by keyboard. `onClose` gets the keyboard back. */
export function openColumnMenu(options: {
  model: RunTableModel;
  column: string;
  trans: TranslationBundle;
  at: { x: number; y: number };
  onClose: () => void;
}): void {
  const { model, column, trans, at } = options;
  const commands = new CommandRegistry();
  const menu = new Menu({ commands });
  menu.addClass('jp-MLOps-columnMenu');
  const add = (id: string, label: string, execute: () => unknown) => {
    commands.addCommand(id, { label, execute, describedBy: { args: {} } });
    menu.addItem({ command: id });
  };
  const sort = (descending: boolean) => () =>
    model.setSort({ id: column, descending }, false);
  const resize = (step: number) => () =>
    model.resizeColumn(column, columnWidth(model.layout, column) + step);

  if (isSortable(column)) {
    add('descending', trans.__('Sort, Largest First'), sort(true));
    add('ascending', trans.__('Sort, Smallest First'), sort(false));
    menu.addItem({ type: 'separator' });
  }
  if (column !== NAME) {
    const pinned = model.layout.pinned.includes(column);
    add('pin', pinned ? trans.__('Unpin') : trans.__('Pin to the Left'), () =>
      model.togglePin(column)
    );
    add('left', trans.__('Move Left'), () => model.moveColumn(column, -1));
    add('right', trans.__('Move Right'), () => model.moveColumn(column, 1));
  }
  add('wider', trans.__('Wider'), resize(WIDTH_STEP));
  add('narrower', trans.__('Narrower'), resize(-WIDTH_STEP));
  if (column !== NAME) {
    menu.addItem({ type: 'separator' });
    add('hide', trans.__('Hide'), () => model.toggleColumn(column));
  }
  menu.aboutToClose.connect(() => {
    // Lumino triggers the chosen item only after it has closed the menu.
    window.setTimeout(() => {
      menu.dispose();
      options.onClose();
    });
  });
  menu.open(at.x, at.y);
}
