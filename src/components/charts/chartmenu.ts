import type { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import type { TranslationBundle } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Menu } from '@lumino/widgets';
import { themed, toPng, toSvg } from '../../charts/vega';
import { saveBlob } from '../../model/download';
import { attempt } from '../../report';
import { CommandIDs } from '../../tokens';
import type { ITakeaway } from './chartcard';

/** What a chart can become: a picture, a description, a cell of the notebook. */
export function openChartMenu(options: {
  takeaway: ITakeaway;
  rendermime: IRenderMimeRegistry;
  commands: CommandRegistry;
  trans: TranslationBundle;
  at: { x: number; y: number };
}): void {
  const { takeaway, rendermime, trans, at } = options;
  const commands = new CommandRegistry();
  const menu = new Menu({ commands });
  const before = document.activeElement as HTMLElement | null;
  const add = (id: string, label: string, execute: () => unknown) => {
    commands.addCommand(id, { label, execute, describedBy: { args: {} } });
    menu.addItem({ command: id });
  };
  const save = (text: string | Blob, type: string, ending: string) => {
    const name = takeaway.name.replace(/[^\w.-]+/g, '_');
    saveBlob(new Blob([text], { type }), `${name}.${ending}`);
  };
  const svg = () => toSvg(rendermime, themed(takeaway.spec()));

  add('png', trans.__('Save as PNG'), () =>
    attempt(async () => save(await toPng(await svg()), 'image/png', 'png'))
  );
  add('svg', trans.__('Save as SVG'), () =>
    attempt(async () => save(await svg(), 'image/svg+xml', 'svg'))
  );
  add('spec', trans.__('Save as Vega-Lite'), () =>
    save(
      JSON.stringify(takeaway.spec(), undefined, 2),
      'application/json',
      'vl.json'
    )
  );
  if (options.commands.isEnabled(CommandIDs.insertSource)) {
    add('cell', trans.__('Insert into the Notebook'), () =>
      options.commands.execute(CommandIDs.insertSource, {
        source: takeaway.cell()
      })
    );
  }
  menu.aboutToClose.connect(() => {
    // Lumino triggers the chosen item only after it has closed the menu.
    window.setTimeout(() => {
      menu.dispose();
      before?.focus();
    });
  });
  menu.open(at.x, at.y);
}
