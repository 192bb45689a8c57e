import uPlot from 'uplot';
import { formatNumber } from '../model/format';
import { lineStyle, themeColor } from './palette';
import type { Cell, ILine, ILines, Range } from './series';

/** Rows of the tooltip: more cannot be read. */
const TIP_ROWS = 20;

/** Of more lines the points would hide each other. */
const FEW_LINES = 4;

/** What is to be drawn, and how. */
export interface IDrawing extends ILines {
  readonly height: number;
  /** Whether the axis is a time of day, in seconds. */
  readonly isTime?: boolean;
  readonly logX?: boolean;
  readonly logY?: boolean;
  /** The part of the axis that is shown; null: all. */
  readonly range?: Range | null;
  /** Called with the part that the user has marked. */
  readonly onZoom?: (range: Range) => void;
}

/** A chart that follows what it is given. This module is loaded with the first chart. */
export class CurvePlot {
  constructor(private readonly _host: HTMLElement) {}

  /** Draw; where only values differ from before, the chart stays as it is in all else. */
  draw(drawing: IDrawing): void {
    const key = Private.keyOf(drawing);
    this._drawing = drawing;
    if (this._plot && key === this._key) {
      this._plot.setData(Private.dataOf(drawing), true);
    } else {
      this.dispose();
      this._key = key;
      this._plot = this._make(drawing);
    }
  }

  /** Fit into a host that has another width now. */
  resize(): void {
    const { height } = this._drawing ?? {};
    if (this._plot && height) {
      this._plot.setSize({ width: Private.widthOf(this._host), height });
    }
  }

  dispose(): void {
    this._plot?.destroy();
    this._plot = null;
  }

  private _make(drawing: IDrawing): uPlot {
    const { logX, logY, isTime } = drawing;
    const zoom = (plot: uPlot) => {
      const { left, width } = plot.select;
      if (width > 4) {
        const from = plot.posToVal(left, 'x');
        this._drawing?.onZoom?.([from, plot.posToVal(left + width, 'x')]);
      }
      plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    };
    const options: uPlot.Options = {
      width: Private.widthOf(this._host),
      height: drawing.height,
      legend: { show: false },
      cursor: {
        drag: { x: drawing.onZoom !== undefined, y: false, setScale: false },
        points: { size: 6 },
        // Twice clicked: the host does what it wants with it.
        bind: { dblclick: () => null }
      },
      scales: {
        x: {
          time: isTime ?? false,
          distr: logX ? 3 : 1,
          range: (_, min, max) => Private.spread(this._drawing?.range, min, max)
        },
        y: { distr: logY ? 3 : 1 }
      },
      axes: [Private.axis(28, isTime), Private.axis(54)],
      series: [
        {},
        ...drawing.lines.flatMap(line =>
          Private.series(line, drawing.lines.length > FEW_LINES)
        )
      ],
      bands: Private.bands(drawing.lines),
      hooks: { setSelect: [zoom] },
      plugins: [Private.tooltip(() => this._drawing?.lines ?? [])]
    };
    return new uPlot(options, Private.dataOf(drawing), this._host);
  }

  private _plot: uPlot | null = null;
  private _drawing: IDrawing | null = null;
  private _key = '';
}

namespace Private {
  export function widthOf(host: HTMLElement): number {
    return Math.max(120, host.clientWidth);
  }

  /** Differs when the chart must be made anew. */
  export function keyOf(drawing: IDrawing): string {
    const { lines, logX, logY, isTime, height } = drawing;
    const parts = lines.map(line => [
      line.style,
      line.band !== null,
      line.raw !== undefined
    ]);
    return JSON.stringify([parts, logX, logY, isTime, height]);
  }

  /** One value alone would leave the axis without a width. */
  export function spread(
    range: Range | null | undefined,
    min: number,
    max: number
  ): [number, number] {
    const [from, to] = range ?? [min, max];
    return from === to ? [from - 0.5, to + 0.5] : [from, to];
  }

  /** Columns in the order of `series`. What is not positive has no logarithm. */
  export function dataOf({ xs, lines, logY }: IDrawing): uPlot.AlignedData {
    const shown = (cells: readonly Cell[]) =>
      logY
        ? cells.map(cell =>
            typeof cell === 'number' && cell <= 0 ? null : cell
          )
        : cells;
    const columns = lines.flatMap(({ y, raw, band }) => [
      ...(band ? [shown(band.low), shown(band.high)] : []),
      ...(raw ? [shown(raw)] : []),
      shown(y)
    ]);
    return [xs, ...columns] as unknown as uPlot.AlignedData;
  }

  export function series(line: ILine, many: boolean): uPlot.Series[] {
    const { color, dash } = lineStyle(line.style);
    const stroke = themeColor(color);
    const isLine = line.y.filter(cell => typeof cell === 'number').length > 1;
    const points = { size: 4, ...(many && isLine ? { show: false } : {}) };
    const hidden = { stroke: 'transparent', width: 0, points: { show: false } };
    const faint = {
      stroke: fade(stroke, 0.25),
      width: 1,
      points: { show: false }
    };
    return [
      ...(line.band ? [hidden, hidden] : []),
      ...(line.raw ? [faint] : []),
      { stroke, width: 1.5, dash: [...dash], points }
    ];
  }

  export function bands(lines: readonly ILine[]): uPlot.Band[] {
    const found: uPlot.Band[] = [];
    let next = 1;
    for (const line of lines) {
      if (line.band) {
        const fill = fade(themeColor(lineStyle(line.style).color), 0.14);
        found.push({ series: [next + 1, next], fill });
      }
      next += 1 + (line.band ? 2 : 0) + (line.raw ? 1 : 0);
    }
    return found;
  }

  export function axis(size: number, isTime = false): uPlot.Axis {
    // A canvas knows pixels only.
    const font = `11px ${themeColor('--jp-ui-font-family') || 'sans-serif'}`;
    const line = themeColor('--jp-border-color2');
    return {
      size,
      font,
      stroke: themeColor('--jp-ui-font-color2'),
      grid: { stroke: line, width: 1 },
      ticks: { show: false },
      ...(isTime
        ? {}
        : {
            values: (_: uPlot, ticks: number[]) =>
              // A logarithmic axis has marks that it gives no number.
              ticks.map(tick => (tick === null ? '' : formatNumber(tick)))
          })
    };
  }

  /** The colour, transparent. */
  function fade(color: string, part: number): string {
    const context = document.createElement('canvas').getContext('2d');
    if (!context) {
      return color;
    }
    // The canvas writes every opaque colour as #rrggbb.
    context.fillStyle = color;
    const alpha = Math.round(part * 255)
      .toString(16)
      .padStart(2, '0');
    return `${context.fillStyle}${alpha}`;
  }

  /** The values below the pointer, the largest on top. */
  export function tooltip(lines: () => readonly ILine[]): uPlot.Plugin {
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
          if (idx !== null && idx !== undefined && !box.hidden) {
            box.replaceChildren(...tipRows(plot, idx, lines()));
            box.classList.toggle(
              'jp-mod-left',
              left > plot.over.clientWidth / 2
            );
          }
        }
      }
    };
  }

  function tipRows(
    plot: uPlot,
    index: number,
    lines: readonly ILine[]
  ): HTMLElement[] {
    const x = plot.data[0][index];
    const head = document.createElement('div');
    head.textContent = plot.scales.x.time
      ? new Date(x * 1000).toLocaleString()
      : formatNumber(x);
    const rows = lines
      .map(line => ({ line, value: nearest(line.y, index) }))
      .filter(({ value }) => value !== undefined)
      .sort((a, b) => (b.value ?? 0) - (a.value ?? 0))
      .slice(0, TIP_ROWS)
      .map(({ line, value }) => tipRow(line, value ?? null));
    return [head, ...rows];
  }

  function tipRow(line: ILine, value: number | null): HTMLElement {
    const row = document.createElement('div');
    const mark = document.createElement('span');
    mark.className = 'jp-MLOps-chart-mark';
    mark.style.background = `var(${lineStyle(line.style).color})`;
    const number = document.createElement('b');
    number.textContent = formatNumber(value);
    row.append(mark, number, ` ${line.name}`);
    return row;
  }

  /** The value there, or the one before it: lines have points at places of their own. */
  function nearest(values: readonly Cell[], index: number): Cell {
    for (let i = index; i >= 0; i--) {
      if (values[i] !== undefined) {
        return values.slice(index).some(value => value !== undefined)
          ? values[i]
          : undefined;
      }
    }
    return undefined;
  }
}
