import type { MLOpsClient } from '../api/client';
import type { SavedView } from '../api/types';
import { ObservableModel } from './observable';
import type { ITableState } from './table';

/** What a link carries the id of a view in. */
export const VIEW_PARAMETER = 'mlops-view';

/** Tables that somebody has set up and kept on the server. */
export class SavedViews extends ObservableModel {
  constructor(private readonly _client: MLOpsClient) {
    super();
  }

  /** By name. */
  get views(): readonly SavedView[] {
    return this._views;
  }

  async fetch(): Promise<void> {
    this._views = await this._client.get('/views', { query: { kind: 'runs' } });
    this.touch();
  }

  get(viewId: string): Promise<SavedView> {
    return this._client.get('/views/{view_id}', { path: { view_id: viewId } });
  }

  /** Keep a table under a name; one of the same name is replaced. */
  async save(name: string, table: ITableState): Promise<SavedView> {
    // The server keeps a state as it is, without knowing what is in it.
    const state = table as Record<string, never>;
    const known = this._views.find(view => view.name === name);
    const saved = known
      ? await this._client.patch('/views/{view_id}', {
          path: { view_id: known.view_id },
          body: { state }
        })
      : await this._client.post('/views', {
          body: { name, state, kind: 'runs' }
        });
    await this.fetch();
    return saved;
  }

  async remove(view: SavedView): Promise<void> {
    await this._client.delete('/views/{view_id}', {
      path: { view_id: view.view_id }
    });
    await this.fetch();
  }

  private _views: SavedView[] = [];
}

/** An address that opens a view on a page. */
export function viewLink(viewId: string, page: string): string {
  return `${page}?${VIEW_PARAMETER}=${encodeURIComponent(viewId)}`;
}

/** The id of the view in the query of an address. */
export function viewIdIn(search: string): string | null {
  return new URLSearchParams(search).get(VIEW_PARAMETER);
}
