import {
  JupyterFrontEnd,
  JupyterFrontEndPlugin
} from '@jupyterlab/application';
import type { Cell } from '@jupyterlab/cells';
import { INotebookTracker, NotebookPanel } from '@jupyterlab/notebook';
// Notebooks have marks from the start.
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { drawCellMark } from '../components/cellmark';
// eslint-disable-next-line jupyter/prefer-lazy-imports
import { CellMarks } from '../model/cellmarks';
import { CommandIDs, EXTENSION_ID, IViewServices } from '../tokens';
import { ProgressCards } from '../widgets/progress';

/** Shows beside each cell how often it was executed, and the best that its runs came to. */
export const cellMarksPlugin: JupyterFrontEndPlugin<void> = {
  id: `${EXTENSION_ID}:cell-marks`,
  description: 'Marks beside cells: executions, best metric, small curve.',
  autoStart: true,
  requires: [IViewServices, INotebookTracker],
  activate: (
    _app: JupyterFrontEnd,
    services: IViewServices,
    tracker: INotebookTracker
  ): void => {
    const { mlops, settings } = services;
    const { client, changes } = mlops;
    const marks = new CellMarks({ client, changes });
    const cards = new ProgressCards(services, cellId => marks.hideCard(cellId));
    const current = () => tracker.currentWidget;
    const draw = () => {
      const panel = current();
      if (panel) {
        Private.draw(panel, marks, cards, services);
      }
    };
    const watch = () => {
      const panel = current();
      if (panel?.model && (settings.showCellMarks || settings.showProgress)) {
        marks.watch(Private.codeCells(panel).map(cell => cell.model.id));
      }
      draw();
    };
    const follow = (panel: NotebookPanel) => {
      void panel.context.ready.then(() => {
        panel.content.model?.cells.changed.connect(watch);
        watch();
      });
    };
    tracker.forEach(follow);
    tracker.widgetAdded.connect((_, panel) => follow(panel));
    tracker.currentChanged.connect(watch);
    settings.stateChanged.connect(watch);
    marks.stateChanged.connect(draw);
  }
};

namespace Private {
  const hosts = new WeakMap<Cell, HTMLElement>();

  export function codeCells(panel: NotebookPanel): Cell[] {
    return panel.content.widgets.filter(cell => cell.model.type === 'code');
  }

  export function draw(
    panel: NotebookPanel,
    marks: CellMarks,
    cards: ProgressCards,
    services: IViewServices
  ): void {
    for (const cell of codeCells(panel)) {
      // Cells of a long notebook are made when the browser has time.
      void cell.ready.then(async () => {
        drawOne(cell, marks, services);
        const shown = services.settings.showProgress && !cell.isDisposed;
        const card = shown ? marks.card(cell.model.id) : undefined;
        await cards.show(cell, card);
      });
    }
  }

  function drawOne(
    cell: Cell,
    marks: CellMarks,
    services: IViewServices
  ): void {
    const { settings, trans, commands } = services;
    const cellId = cell.isDisposed ? '' : cell.model.id;
    const summary = settings.showCellMarks ? marks.get(cellId) : undefined;
    const place = cell.node.querySelector('.jp-Cell-inputWrapper');
    if (!summary || !place) {
      hosts.get(cell)?.remove();
      return;
    }
    const host = hosts.get(cell) ?? document.createElement('div');
    hosts.set(cell, host);
    drawCellMark(host, summary, {
      curve: marks.curve(summary),
      trans,
      onClick: () =>
        void commands.execute(CommandIDs.showCellHistory, { cellId })
    });
    if (host.parentElement !== place) {
      place.append(host);
    }
  }
}
