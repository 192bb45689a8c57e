import type { ILayoutRestorer, JupyterFrontEnd } from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { SplitPanel, Widget } from '@lumino/widgets';
import type { IViewServices } from '../tokens';
import { ViewHost } from '../widgets/host';

/** Pixels below which nobody can look at anything. */
const LEAST_HEIGHT = 120;

type Tab = MainAreaWidget<ViewHost>;

/** What a tab shows. */
export interface ITabContent<M extends IDisposable> {
  readonly model: M;
  readonly view: JSX.Element;
  readonly label: string;
  readonly icon: LabIcon;
  /** Gets the tab, where something follows it while it is open. */
  readonly onTab?: (tab: Widget) => void;
}

/**
 * Views of one kind in tabs of the main area, each known by a key, back when the application is
 * opened again. Notebook 7 has one main area for its notebook: there they are below it.
 */
export class ViewTabs<M extends IDisposable> {
  constructor(private readonly _options: ViewTabs.IOptions<M>) {
    const { restorer, namespace, command, args } = _options;
    this._tracker = new WidgetTracker<Tab>({ namespace });
    void restorer?.restore(this._tracker, {
      command,
      args: tab => args(this._keyOf(tab), this._models.get(tab)),
      name: tab => this._keyOf(tab)
    });
  }

  /** Show the tab of this key; `make` says what is in it when there is none. */
  async open(key: string, make: () => Promise<ITabContent<M>>): Promise<M> {
    const { app, services } = this._options;
    let tab = this._find(key);
    if (!tab) {
      const content = await make();
      tab = this._make(key, content);
      await this._tracker.add(tab);
      const area = services.hasTabs ? 'main' : 'down';
      app.shell.add(tab, area, { type: 'MLOps' });
    }
    app.shell.activateById(tab.id);
    if (!services.hasTabs) {
      const shown = tab;
      // Only what has been laid out keeps the size that it is given.
      requestAnimationFrame(() => Private.giveRoom(shown));
    }
    return this._models.get(tab) as M;
  }

  /** Keep what `args` says of this tab now. */
  async save(key: string): Promise<void> {
    const tab = this._find(key);
    if (tab) {
      await this._tracker.save(tab);
    }
  }

  private _find(key: string): Tab | undefined {
    return this._tracker.find(tab => this._keyOf(tab) === key);
  }

  private _keyOf(tab: Tab): string {
    return tab.id.slice(this._options.namespace.length + 1);
  }

  private _make(key: string, made: ITabContent<M>): Tab {
    const { services, namespace } = this._options;
    const content = new ViewHost({ services, view: made.view });
    content.addClass('jp-MLOps-tab');
    const tab = new MainAreaWidget({ content });
    tab.toolbar.hide();
    tab.id = `${namespace}:${key}`;
    tab.title.label = made.label;
    tab.title.icon = made.icon;
    tab.title.closable = true;
    made.onTab?.(tab);
    tab.disposed.connect(() => made.model.dispose());
    this._models.set(tab, made.model);
    return tab;
  }

  private readonly _tracker: WidgetTracker<Tab>;
  private readonly _models = new WeakMap<Tab, M>();
}

export namespace ViewTabs {
  /** What tabs of one kind have in common. */
  export interface IOptions<M> {
    readonly app: JupyterFrontEnd;
    readonly services: IViewServices;
    readonly restorer: ILayoutRestorer | null;
    /** Ids of the tabs begin so. The restorer finds no namespace with a colon in it. */
    readonly namespace: string;
    /** Opens a tab again. */
    readonly command: string;
    /** Arguments with which the command opens it again. */
    readonly args: (key: string, model: M | undefined) => ReadonlyJSONObject;
  }
}

namespace Private {
  /** Notebook 7 opens the area below the notebook without any height. */
  export function giveRoom(widget: Widget): void {
    let area: Widget | null = widget;
    while (area && !(area.parent instanceof SplitPanel)) {
      area = area.parent;
    }
    if (area && area.node.offsetHeight < LEAST_HEIGHT) {
      (area.parent as SplitPanel).setRelativeSizes([1, 1]);
    }
  }
}
