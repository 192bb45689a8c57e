import type { ISessionContext } from '@jupyterlab/apputils';
import type {
  INotebookModel,
  INotebookTracker,
  NotebookPanel
} from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { ISignal, Signal } from '@lumino/signaling';
import { ObservableModel } from './observable';

/** Where a notebook's metadata speaks to us; the server reads it, too. */
const METADATA = 'mlops';

/** The notebook that the user looks at, and its kernel. */
export class CurrentNotebook extends ObservableModel {
  constructor(tracker: INotebookTracker | null) {
    super();
    this._tracker = tracker;
    tracker?.currentChanged.connect(this._onCurrentChanged, this);
    this._onCurrentChanged();
  }

  /** Path on the server; null where no notebook is open. */
  get path(): string | null {
    return this._panel?.context.path ?? null;
  }

  /** The file's name. */
  get name(): string | null {
    return this.path?.split('/').pop() ?? null;
  }

  get kernelId(): string | null {
    return this._context?.session?.kernel?.id ?? null;
  }

  /** Whether it says in its metadata that it is not to be recorded. */
  get keptOut(): boolean {
    const said = this._panel?.model?.getMetadata(METADATA) as
      { record?: unknown } | undefined;
    return said?.record === false;
  }

  /** Have the notebook say so, or no longer; it is saved with the notebook. */
  keepOut(out: boolean): void {
    const model = this._panel?.model;
    if (!model) {
      return;
    }
    const others: Record<string, unknown> = {
      ...(model.getMetadata(METADATA) as object | undefined)
    };
    delete others.record;
    if (out) {
      model.setMetadata(METADATA, { ...others, record: false });
    } else if (Object.keys(others).length > 0) {
      model.setMetadata(METADATA, others);
    } else {
      model.deleteMetadata(METADATA);
    }
    this.touch();
  }

  /** Language of the kernel, in lower case. */
  get language(): string | null {
    const language = this._panel?.model?.defaultKernelLanguage;
    return language ? language.toLowerCase() : null;
  }

  /** Emitted when the connection to the kernel was cut and is there again. */
  get reconnected(): ISignal<this, void> {
    return this._reconnected;
  }

  override dispose(): void {
    this._leave();
    super.dispose();
  }

  private _onCurrentChanged(): void {
    const panel = this._tracker?.currentWidget ?? null;
    if (panel !== this._panel) {
      this._leave();
      this._panel = panel;
      this._context = panel?.sessionContext ?? null;
      this._context?.kernelChanged.connect(this.touch, this);
      this._context?.propertyChanged.connect(this.touch, this);
      this._context?.connectionStatusChanged.connect(this._onConnection, this);
      this._wasConnected =
        this._context?.session?.kernel?.connectionStatus === 'connected';
      panel?.disposed.connect(this._onCurrentChanged, this);
      this._model = panel?.model ?? null;
      this._model?.metadataChanged.connect(this.touch, this);
    }
    this.touch();
  }

  private _onConnection(_: unknown, status: Kernel.ConnectionStatus): void {
    if (status === 'connected') {
      if (this._wasConnected) {
        this._reconnected.emit();
      }
      this._wasConnected = true;
    }
  }

  private _leave(): void {
    if (this._context) {
      Signal.disconnectBetween(this._context, this);
    }
    this._panel?.disposed.disconnect(this._onCurrentChanged, this);
    if (this._model) {
      Signal.disconnectBetween(this._model, this);
    }
    this._model = null;
    this._panel = null;
    this._context = null;
  }

  private readonly _tracker: INotebookTracker | null;
  private _panel: NotebookPanel | null = null;
  private _model: INotebookModel | null = null;
  private _context: ISessionContext | null = null;
  private _wasConnected = false;
  private _reconnected = new Signal<this, void>(this);
}
