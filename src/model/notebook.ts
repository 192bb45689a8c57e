import type { ISessionContext } from '@jupyterlab/apputils';
import type { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
import type { Kernel } from '@jupyterlab/services';
import { ISignal, Signal } from '@lumino/signaling';
import { ObservableModel } from './observable';

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
    this._panel = null;
    this._context = null;
  }

  private readonly _tracker: INotebookTracker | null;
  private _panel: NotebookPanel | null = null;
  private _context: ISessionContext | null = null;
  private _wasConnected = false;
  private _reconnected = new Signal<this, void>(this);
}
