import uPlot from 'uplot';
import type { Curve } from '../api/types';
import { formatNumber } from '../model/format';
import { lineStyle, themeColor } from './palette';

/** What is to be drawn, and where. */
export interface IDrawing {
  readonly host: HTMLElement;
  readonly curves: readonly Curve[];
  /** Which line style each curve has. */
  readonly styles: readonly number[];
  readonly height: number;
}

/** Draw the curves over a common axis of steps. This module is loaded with the first chart. */
export function drawCurves(drawing: IDrawing): uPlot {
  const { host, curves, styles, height } = drawing;
  const options: uPlot.Options = {
    width: Math.max(120, host.clientWidth),
    height,
    legend: { show: false },
    cursor: { drag: { x: true, y: false }, points: { size: 6 } },
    scales: { x: { time: false } },
    axes: [axis(24), axis(48)],
    series: [{}, ...styles.map(series)],
    plugins: [tooltip()]
  };
  return new uPlot(options, joinCurves(curves), host);
}

/** uPlot wants one column of steps, and one column of values for each curve. */
export function joinCurves(curves: readonly Curve[]): uPlot.AlignedData {
  const steps = [...new Set(curves.flatMap(curve => curve.steps))].sort(
    (a, b) => a - b
  );
  const columns = curves.map(curve => {
    const values = new Map(
      curve.steps.map((step, i) => [step, curve.values[i]])
    );
    return steps.map(step => values.get(step));
  });
  return [steps, ...columns] as uPlot.AlignedData;
}

function series(index: number): uPlot.Series {
  const { color, dash } = lineStyle(index);
  return {
    stroke: themeColor(color),
    width: 1.5,
    dash: [...dash],
    // A curve lacks the steps that only others have: that is no gap.
    spanGaps: true,
    points: { size: 4 }
  };
}

function axis(size: number): uPlot.Axis {
  // A canvas knows pixels only.
  const font = `11px ${themeColor('--jp-ui-font-family') || 'sans-serif'}`;
  const line = themeColor('--jp-border-color2');
  return {
    size,
    font,
    stroke: themeColor('--jp-ui-font-color2'),
    grid: { stroke: line, width: 1 },
    ticks: { show: false },
    values: (_, ticks) => ticks.map(tick => formatNumber(tick))
  };
}

/** The values below the pointer. */
function tooltip(): uPlot.Plugin {
  const box = document.createElement('div');
  box.className = 'jp-MLOps-chart-tip';
  box.hidden = true;
  return {
    hooks: {
      init: plot => {
        plot.over.appendChild(box);
      },
      setCursor: plot => {
        const { idx, left = 0 } = plot.cursor;
        box.hidden = idx === null || idx === undefined || left < 0;
        if (idx !== null && idx !== undefined) {
          box.textContent = tipText(plot, idx);
          box.classList.toggle('jp-mod-left', left > plot.over.clientWidth / 2);
        }
      }
    }
  };
}

function tipText(plot: uPlot, index: number): string {
  const [steps, ...columns] = plot.data;
  const values = columns.map(column => formatNumber(column[index]));
  return `${steps[index]}: ${values.join(' · ')}`;
}
