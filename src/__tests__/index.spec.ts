import {
  ILabShell,
  ILayoutRestorer,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette, IThemeManager } from '@jupyterlab/apputils';
import { IStatusBar } from '@jupyterlab/statusbar';
import { describe, expect, it } from 'vitest';
import plugins from '..';

/** Services that Notebook 7 lacks, or that a deployment may switch off. */
const NOT_EVERYWHERE = [
  ILabShell,
  ILayoutRestorer,
  ICommandPalette,
  IStatusBar,
  IThemeManager
];

describe.each(plugins.map(plugin => [plugin.id, plugin] as const))(
  '%s',
  (_, plugin: JupyterFrontEndPlugin<unknown>) => {
    it('loads in Lab and in Notebook 7', () => {
      const required = plugin.requires ?? [];
      expect(
        required.filter(token => NOT_EVERYWHERE.includes(token as never))
      ).toEqual([]);
      expect(plugin.autoStart).toBe(true);
    });
  }
);
