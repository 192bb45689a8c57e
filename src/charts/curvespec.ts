import type { Cell, ILines } from './series';
import { DASHES, lineStyle } from './palette';
import { makeSpec, Spec } from './vega';

/** How the curves are shown. */
export interface ICurveSpecOptions {
  readonly title: string;
  readonly xTitle: string;
  readonly width: number;
  readonly height: number;
  readonly isTime: boolean;
  readonly logX: boolean;
  readonly logY: boolean;
  /** The colour that a line style has in the theme. */
  readonly color: (style: number) => string;
}

/** The lines of a chart of curves, as Vega-Lite draws them: for pictures and for others to use. */
export function curveSpec(
  { xs, lines }: ILines,
  options: ICurveSpecOptions
): Spec {
  const names = lines.map(({ name }) => name);
  const values = lines.flatMap(({ name, y, band }) =>
    y.flatMap((value, i) =>
      typeof value === 'number'
        ? [
            {
              line: name,
              x: options.isTime ? xs[i] * 1000 : xs[i],
              y: value,
              low: shown(band?.low[i], value),
              high: shown(band?.high[i], value)
            }
          ]
        : []
    )
  );
  const style = lines.map(line => lineStyle(line.style));
  const x = {
    field: 'x',
    type: options.isTime ? 'temporal' : 'quantitative',
    title: options.xTitle,
    ...(options.logX ? { scale: { type: 'log' } } : { scale: { nice: false } })
  };
  const color = {
    field: 'line',
    type: 'nominal',
    title: null,
    scale: { domain: names, range: lines.map(l => options.color(l.style)) }
  };
  const scale = options.logY ? { type: 'log' } : { zero: false };
  const y = { type: 'quantitative', title: options.title, scale };
  return makeSpec(values, {
    width: options.width,
    height: options.height,
    encoding: { x, color },
    layer: [
      {
        mark: { type: 'area', opacity: 0.14 },
        encoding: { y: { field: 'low', ...y }, y2: { field: 'high' } }
      },
      {
        mark: { type: 'line', strokeWidth: 1.5 },
        encoding: {
          y: { field: 'y', ...y },
          strokeDash: {
            field: 'line',
            type: 'nominal',
            title: null,
            scale: {
              domain: names,
              range: style.map(({ dash }) =>
                dash === DASHES[0] ? [1, 0] : [...dash]
              )
            }
          }
        }
      }
    ]
  });
}

function shown(cell: Cell, otherwise: number): number {
  return cell ?? otherwise;
}
