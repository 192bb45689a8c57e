import {
  ILayoutRestorer,
  IRouter,
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { Clipboard, ICommandPalette, Notification } from '@jupyterlab/apputils';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { Widget } from '@lumino/widgets';
import { chartIcon } from '../icons';
import type { ChartsModel } from '../model/charts';
import { DEFAULTS, IChartsState } from '../model/chartsstate';
import { fromLink, isState, LINK_PARAMETER, toLink } from '../model/chartslink';
import { CommandIDs, EXTENSION_ID, IViewServices } from '../tokens';
import { RUN_ARGS } from './describedby';
import { keepState } from './keepstate';
import { ITabContent, ViewTabs } from './tabs';
import { targetRuns } from './target';

/** The charts of the newest runs, whichever these are. */
const NEWEST = 'newest';

/** Charts of runs: in a tab, or below the notebook of Notebook 7; a link opens them, too. */
export const chartsPlugin: JupyterFrontEndPlugin<void> = {
  id: `${EXTENSION_ID}:charts`,
  description: 'Charts of runs.',
  autoStart: true,
  requires: [IViewServices],
  optional: [ILayoutRestorer, ICommandPalette, IRouter],
  activate: (
    app: JupyterFrontEnd,
    services: IViewServices,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null,
    router: IRouter | null
  ): void => {
    const { commands } = app;
    const { trans, mlops } = services;
    const tabs = new ViewTabs<ChartsModel>({
      services,
      restorer,
      namespace: `${EXTENSION_ID}-charts`,
      command: CommandIDs.openCharts,
      args: (key, model) => ({
        state: (model?.state ?? {
          runIds: Private.idsOf(key)
        }) as unknown as ReadonlyJSONObject
      })
    });
    const link = router && Private.copyLink(services);

    commands.addCommand(CommandIDs.openCharts, {
      label: trans.__('Open Charts'),
      caption: trans.__('Charts of the selected runs, or of the newest'),
      icon: chartIcon,
      describedBy: {
        args: {
          ...RUN_ARGS.args,
          properties: {
            ...RUN_ARGS.args.properties,
            state: {
              type: 'object',
              description: 'Runs, axes and choices, as the charts kept them'
            }
          }
        }
      },
      execute: async args => {
        const state: Partial<IChartsState> = isState(args.state)
          ? args.state
          : { runIds: targetRuns(app, mlops, args) };
        const key = state.runIds?.join() || NEWEST;
        const model = await tabs.open(key, async () => {
          const content = await Private.content(services, state, link);
          const onTab = (tab: Widget) =>
            keepState(tab, content.model, () => tabs.save(key));
          return { ...content, onTab };
        });
        if (isState(args.state)) {
          // The tab may have been open, with other choices.
          model.set({ ...DEFAULTS, ...state });
        }
      }
    });
    palette?.addItem({
      command: CommandIDs.openCharts,
      category: trans.__('MLOps')
    });

    commands.addCommand(CommandIDs.followChartsLink, {
      label: trans.__('Open Charts From a Link'),
      describedBy: {
        args: {
          type: 'object',
          properties: {
            search: { type: 'string', description: 'Query of the address' }
          }
        }
      },
      execute: args => {
        const state = fromLink(args.search as string);
        void app.restored.then(async () => {
          if (state) {
            await commands.execute(CommandIDs.openCharts, {
              state: state as unknown as ReadonlyJSONObject
            });
          } else {
            Notification.error(
              trans.__('This link to charts is damaged: copy it anew.')
            );
          }
        });
      }
    });
    router?.register({
      command: CommandIDs.followChartsLink,
      pattern: new RegExp(`[?&]${LINK_PARAMETER}=`)
    });
  }
};

namespace Private {
  export function idsOf(key: string): string[] {
    return key === NEWEST ? [] : key.split(',');
  }

  export async function content(
    services: IViewServices,
    state: Partial<IChartsState>,
    copyLink: ((state: IChartsState) => void) | null
  ): Promise<ITabContent<ChartsModel>> {
    const { trans, mlops } = services;
    const { ChartsModel } = await import('../model/charts');
    const { ChartsView } = await import('../components/charts/chartsview');
    const { client, changes } = mlops;
    const model = new ChartsModel({ client, changes, state });
    const onCopyLink = copyLink && (() => copyLink(model.state));
    const count = state.runIds?.length ?? 0;
    return {
      model,
      view: <ChartsView model={model} onCopyLink={onCopyLink} />,
      label:
        count > 0
          ? trans._n('Charts of %1 run', 'Charts of %1 runs', count)
          : trans.__('Charts'),
      icon: chartIcon
    };
  }

  /** Copies an address that opens the same charts. */
  export function copyLink(
    services: IViewServices
  ): (state: IChartsState) => void {
    return state => {
      Clipboard.copyToSystem(`${services.stage.page}?${toLink(state)}`);
      Notification.success(services.trans.__('The link is copied.'), {
        autoClose: 3000
      });
    };
  }
}
