import type { TranslationBundle } from '@jupyterlab/translation';
import type { CellSummary, Curve } from '../api/types';
import { sparkPoints } from '../charts/sparkline';
import { formatNumber } from '../model/format';

const SVG = 'http://www.w3.org/2000/svg';

/** The mark beside a cell, as DOM: a notebook has thousands. One that says the same is left alone. */
export function drawCellMark(
  host: HTMLElement,
  summary: CellSummary,
  options: {
    curve: Curve | undefined;
    trans: TranslationBundle;
    onClick: () => void;
  }
): void {
  const { curve, trans } = options;
  const says = JSON.stringify([summary, curve?.count]);
  if (host.dataset.says === says) {
    return;
  }
  host.dataset.says = says;
  const button = document.createElement('button');
  button.type = 'button';
  // The menu and the toolbar of the cell are for the keyboard: Tab does not stop at each cell twice.
  button.tabIndex = -1;
  button.title = describe(summary, trans);
  button.onclick = options.onClick;
  button.append(part('count', `${summary.executions}×`));
  if (summary.key_metric) {
    button.append(' ', part('value', formatNumber(summary.value)));
  }
  // Who speaks to the computer says what is seen; who listens is told all.
  button.setAttribute('aria-label', `${button.textContent}: ${button.title}`);
  if (curve) {
    button.append(spark(curve));
  }
  host.className = 'jp-MLOps-cellMark';
  host.classList.toggle('jp-mod-running', Boolean(summary.running));
  host.replaceChildren(button);
}

function describe(
  { executions, run_count, key_metric, value }: CellSummary,
  trans: TranslationBundle
): string {
  const parts = [trans._n('Executed %1 time', 'Executed %1 times', executions)];
  if (run_count) {
    parts.push(trans._n('%1 run', '%1 runs', run_count));
  }
  if (key_metric) {
    parts.push(trans.__('best %1 %2', key_metric, formatNumber(value)));
  }
  return `${parts.join(', ')}. ${trans.__('Show its history')}`;
}

function part(name: string, text: string): HTMLElement {
  const node = document.createElement('span');
  node.className = `jp-MLOps-cellMark-${name}`;
  node.textContent = text;
  return node;
}

function spark(curve: Curve): SVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', 'jp-MLOps-sparkline');
  svg.setAttribute('viewBox', '0 0 44 16');
  svg.setAttribute('aria-hidden', 'true');
  const line = document.createElementNS(SVG, 'polyline');
  line.setAttribute('points', sparkPoints(curve.values));
  svg.append(line);
  return svg;
}
