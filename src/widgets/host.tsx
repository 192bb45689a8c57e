import { ReactWidget } from '@jupyterlab/ui-components';
import { ServicesProvider } from '../components/services';
import type { IViewServices } from '../tokens';

/** Hosts a view in a Lumino widget. */
export class ViewHost extends ReactWidget {
  constructor(options: ViewHost.IOptions) {
    super();
    this._services = options.services;
    this._view = options.view;
    this.addClass('jp-MLOps');
  }

  protected override render(): JSX.Element {
    return (
      <ServicesProvider value={this._services}>{this._view}</ServicesProvider>
    );
  }

  private readonly _services: IViewServices;
  private readonly _view: JSX.Element;
}

export namespace ViewHost {
  /** What a host is made from. */
  export interface IOptions {
    readonly services: IViewServices;
    readonly view: JSX.Element;
  }
}
