import type { JupyterFrontEnd } from '@jupyterlab/application';
import { URLExt } from '@jupyterlab/coreutils';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { Message } from '@lumino/messaging';
import { BoxPanel, SplitPanel, TabPanel, Widget } from '@lumino/widgets';

/** Where an application shows views that need more room than the panel has. */
export interface IStage {
  /** Whether each view has a tab of its own. */
  readonly hasTabs: boolean;
  /** Whether tables, charts and comparisons have a page apart from the notebook's. */
  readonly isApart: boolean;
  /** Address of the page that opens links to tables, charts and comparisons. */
  readonly page: string;
  /** Show a view that is not there yet. */
  add(view: Widget): void;
  /** Bring a view to the front. */
  show(view: Widget): void;
  /** Keep a tab for a view from the start, where such are usual; `fill` makes it at first sight. */
  reserve(tab: IReserved): void;
}

/** A tab whose view comes when somebody looks at it. */
export interface IReserved {
  /** Id of the view. */
  readonly id: string;
  readonly label: string;
  readonly icon: LabIcon;
  readonly fill: () => void;
}

/** Tabs of Lab's main area. */
export class LabStage implements IStage {
  constructor(private readonly _app: JupyterFrontEnd) {}

  readonly hasTabs = true;
  readonly isApart = false;

  get page(): string {
    return pageOf(this._app, 'lab');
  }

  add(view: Widget): void {
    this._app.shell.add(view, 'main', { type: 'MLOps' });
  }

  show(view: Widget): void {
    this._app.shell.activateById(view.id);
  }

  reserve(): void {
    // Lab opens with what it was left with.
  }
}

/** Notebook 7 has one main area for its notebook, so views stand below that. */
export class BelowStage implements IStage {
  constructor(private readonly _app: JupyterFrontEnd) {}

  readonly hasTabs = false;
  readonly isApart = true;

  get page(): string {
    return pageOf(this._app, 'tree');
  }

  add(view: Widget): void {
    this._app.shell.add(view, 'down', { type: 'MLOps' });
  }

  show(view: Widget): void {
    this._app.shell.activateById(view.id);
    // Only what has been laid out keeps the size that it is given.
    requestAnimationFrame(() => giveRoom(view));
  }

  reserve(): void {
    // The area below the notebook is shut until somebody asks for it.
  }
}

/** Tabs beside the files, on the page with which Notebook 7 begins. */
export class TreeStage implements IStage {
  constructor(
    private readonly _app: JupyterFrontEnd,
    private readonly _tree: TabPanel
  ) {
    // Our views are as wide as the page, the files are not; the layout asks style sheets only when told.
    _tree.currentChanged.connect(() => _tree.parent?.parent?.fit());
  }

  readonly hasTabs = true;
  readonly isApart = false;

  get page(): string {
    return pageOf(this._app, 'tree');
  }

  add(view: Widget): void {
    const reserved = this._reserved.get(view.id);
    if (reserved) {
      reserved.addWidget(view);
    } else {
      this._add(view);
    }
  }

  show(view: Widget): void {
    this._tree.currentWidget = this._reserved.get(view.id) ?? view;
    view.activate();
  }

  reserve({ id, label, icon, fill }: IReserved): void {
    const tab = new ReservedTab(fill);
    tab.id = `${id}-tab`;
    tab.title.label = label;
    tab.title.icon = icon;
    this._reserved.set(id, tab);
    this._add(tab);
  }

  private _add(tab: Widget): void {
    tab.addClass('jp-MLOps-treeTab');
    this._tree.addWidget(tab);
  }

  private readonly _reserved = new Map<string, ReservedTab>();
}

/** Empty until it is looked at. */
class ReservedTab extends BoxPanel {
  constructor(private readonly _fill: () => void) {
    super();
  }

  protected override onAfterShow(message: Message): void {
    super.onAfterShow(message);
    if (this.widgets.length === 0) {
      this._fill();
    }
  }
}

/** Pixels below which nobody can look at anything. */
const LEAST_HEIGHT = 120;

/** Notebook 7 opens the area below the notebook without any height. */
function giveRoom(view: Widget): void {
  let area: Widget | null = view;
  while (area && !(area.parent instanceof SplitPanel)) {
    area = area.parent;
  }
  if (area && area.node.offsetHeight < LEAST_HEIGHT) {
    (area.parent as SplitPanel).setRelativeSizes([1, 1]);
  }
}

function pageOf(app: JupyterFrontEnd, name: string): string {
  return URLExt.join(app.serviceManager.serverSettings.baseUrl, name);
}
