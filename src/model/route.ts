import type { ICellAddress, IMLOpsPanel } from '../tokens';
import { ObservableModel } from './observable';
import type { ISignal } from '@lumino/signaling';

/** What the panel shows. */
export type Route =
  | { readonly view: 'list' }
  | { readonly view: 'run'; readonly runId: string }
  | { readonly view: 'session'; readonly sessionId: string }
  | { readonly view: 'history'; readonly cell: ICellAddress };

/** Where the panel is, and the way back. */
export class PanelRoute extends ObservableModel implements IMLOpsPanel {
  get route(): Route {
    return this._stack[this._stack.length - 1];
  }

  get routeChanged(): ISignal<this, void> {
    return this.stateChanged;
  }

  showList(): void {
    this._stack = [{ view: 'list' }];
    this.touch();
  }

  showRun(runId: string): void {
    this._go({ view: 'run', runId });
  }

  showSession(sessionId: string): void {
    this._go({ view: 'session', sessionId });
  }

  showHistory(cell: ICellAddress): void {
    this._go({ view: 'history', cell });
  }

  /** To where the user came from. */
  back(): void {
    if (this._stack.length > 1) {
      this._stack = this._stack.slice(0, -1);
      this.touch();
    }
  }

  private _go(route: Route): void {
    this._stack = [...this._stack, route];
    this.touch();
  }

  private _stack: Route[] = [{ view: 'list' }];
}
