import { CommandRegistry } from '@lumino/commands';
import { Widget } from '@lumino/widgets';
import { expect, it } from 'vitest';
import plugins from '..';

it('adds one panel to the right area', async () => {
  const added: Array<{ id: string; area: string }> = [];
  const app = {
    commands: new CommandRegistry(),
    shell: {
      add: (widget: Widget, area: string) => added.push({ id: widget.id, area })
    }
  };

  for (const plugin of plugins) {
    await plugin.activate(app as never, null);
  }

  expect(added).toEqual([{ id: 'jupyterlab-mlops:panel', area: 'right' }]);
});
