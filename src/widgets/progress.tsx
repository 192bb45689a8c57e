import type { Cell } from '@jupyterlab/cells';
import type { PanelLayout, Widget } from '@lumino/widgets';
import type { ICard } from '../model/progress';
import type { IViewServices } from '../tokens';
import { ViewHost } from './host';

interface IShown {
  readonly runId: string;
  readonly host: Widget;
}

/** Cards below the outputs of cells. They are no part of the document. */
export class ProgressCards {
  constructor(
    private readonly _services: IViewServices,
    private readonly _onClose: (cellId: string) => void
  ) {}

  /** Show this card below the cell, or none. */
  async show(cell: Cell, card: ICard | undefined): Promise<void> {
    const shown = this._shown.get(cell);
    if (shown?.runId === card?.runId) {
      return;
    }
    shown?.host.dispose();
    this._shown.delete(cell);
    if (card) {
      const { ProgressCard } = await import('../components/progresscard');
      if (!cell.isDisposed && !this._shown.has(cell)) {
        this._add(cell, card.runId, ProgressCard);
      }
    }
  }

  private _add(
    cell: Cell,
    runId: string,
    View: (props: { runId: string; onClose: () => void }) => JSX.Element | null
  ): void {
    const onClose = () => this._onClose(cell.model.id);
    const host = new ViewHost({
      services: this._services,
      view: <View runId={runId} onClose={onClose} />
    });
    host.addClass('jp-MLOps-progressHost');
    const layout = cell.layout as PanelLayout;
    // The footer stays at the end.
    layout.insertWidget(layout.widgets.length - 1, host);
    this._shown.set(cell, { runId, host });
  }

  private readonly _shown = new WeakMap<Cell, IShown>();
}
