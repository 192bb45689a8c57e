import type { IDisposable } from '@lumino/disposable';
import { ISignal, Signal } from '@lumino/signaling';

/** State that views can watch: a signal, and a number that grows with every change. */
export class ObservableModel implements IDisposable {
  /** Emitted after every change. */
  get stateChanged(): ISignal<this, void> {
    return this._stateChanged;
  }

  /** Differs whenever the state differs. */
  get revision(): number {
    return this._revision;
  }

  get isDisposed(): boolean {
    return this._isDisposed;
  }

  dispose(): void {
    if (!this._isDisposed) {
      this._isDisposed = true;
      Signal.clearData(this);
    }
  }

  /** Tell the views. */
  protected touch(): void {
    if (!this._isDisposed) {
      this._revision += 1;
      this._stateChanged.emit();
    }
  }

  private _isDisposed = false;
  private _revision = 0;
  private _stateChanged = new Signal<this, void>(this);
}
