import {
  ILabShell,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { IThemeManager, Sanitizer } from '@jupyterlab/apputils';
import { IEditorLanguageRegistry } from '@jupyterlab/codemirror';
import { PageConfig } from '@jupyterlab/coreutils';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { SettingsModel } from '../model/settings';
import { translateSchema } from '../model/settingtexts';
import {
  EXTENSION_ID,
  IMLOps,
  IViewServices,
  TRANSLATION_DOMAIN
} from '../tokens';
import { BelowStage, IStage, LabStage, TreeStage } from '../widgets/stage';

/** The schema of what can be set. */
const SETTINGS = `${EXTENSION_ID}:panel`;

/** Provides what all views share. */
export const viewsPlugin: JupyterFrontEndPlugin<IViewServices> = {
  id: `${EXTENSION_ID}:views`,
  description: 'Provides what the views share: models, translator, renderer.',
  autoStart: true,
  provides: IViewServices,
  requires: [IMLOps, IRenderMimeRegistry],
  optional: [
    ITranslator,
    IThemeManager,
    ISettingRegistry,
    ILabShell,
    IEditorLanguageRegistry
  ],
  activate: async (
    app: JupyterFrontEnd,
    mlops: IMLOps,
    rendermime: IRenderMimeRegistry,
    translator: ITranslator | null,
    themes: IThemeManager | null,
    registry: ISettingRegistry | null,
    labShell: ILabShell | null,
    languages: IEditorLanguageRegistry | null
  ): Promise<IViewServices> => {
    const trans = (translator ?? nullTranslator).load(TRANSLATION_DOMAIN);
    const settings = new SettingsModel();
    registry?.transform(SETTINGS, {
      fetch: plugin => ({
        ...plugin,
        schema: translateSchema(plugin.schema, trans)
      })
    });
    registry
      ?.load(SETTINGS)
      .then(loaded => settings.connect(loaded))
      .catch(reason => {
        console.error(
          'Settings of jupyterlab-mlops could not be read.',
          reason
        );
      });
    const stage = await Private.stage(app, labShell);
    let own: IRenderMimeRegistry | null = null;
    return {
      mlops,
      settings,
      trans,
      commands: app.commands,
      get rendermime() {
        // Renderers of other extensions are added while the application starts.
        own ??= rendermime.clone({ sanitizer: Private.strict() });
        return own;
      },
      themeChanged: themes?.themeChanged ?? null,
      stage,
      highlight: (source, language, host) =>
        Private.highlight(languages, source, language, host)
    };
  }
};

namespace Private {
  /** Notebook 7 has room for tabs on the page of files, and only there. */
  export async function stage(
    app: JupyterFrontEnd,
    labShell: ILabShell | null
  ): Promise<IStage> {
    if (labShell) {
      return new LabStage(app);
    }
    if (PageConfig.getOption('notebookPage') !== 'tree') {
      return new BelowStage(app);
    }
    const { INotebookTree } = await import('@jupyter-notebook/tree');
    const tree = await app.resolveOptionalService(INotebookTree);
    return tree ? new TreeStage(app, tree) : new BelowStage(app);
  }

  /** Without a registry of languages the source is shown plain. */
  export async function highlight(
    languages: IEditorLanguageRegistry | null,
    source: string,
    language: string,
    host: HTMLElement
  ): Promise<void> {
    if (!languages) {
      host.textContent = source;
      return;
    }
    const known = await languages.getLanguage(language);
    await languages.highlight(source, known, host);
  }

  /** For what was captured: it must not run commands of the application. */
  export function strict(): Sanitizer {
    const sanitizer = new Sanitizer();
    sanitizer.setAllowCommandLinker(false);
    sanitizer.setAllowNamedProperties(false);
    return sanitizer;
  }
}
