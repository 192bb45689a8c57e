import type { ILayoutRestorer } from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import type { Widget } from '@lumino/widgets';
import type { IViewServices } from '../tokens';
import { ViewHost } from '../widgets/host';
import type { IReserved } from '../widgets/stage';

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
 * opened again, or wherever else the application has room for them.
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
    const { stage } = this._options.services;
    let tab = this._find(key);
    if (!tab) {
      const content = await make();
      tab = this._make(key, content);
      await this._tracker.add(tab);
      stage.add(tab);
    }
    stage.show(tab);
    return this._models.get(tab) as M;
  }

  /** Keep what `args` says of this tab now. */
  async save(key: string): Promise<void> {
    const tab = this._find(key);
    if (tab) {
      await this._tracker.save(tab);
    }
  }

  /** Keep a tab for this key where the application has some from the start. */
  reserve(key: string, tab: Omit<IReserved, 'id'>): void {
    const { services, namespace } = this._options;
    services.stage.reserve({ ...tab, id: `${namespace}:${key}` });
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
