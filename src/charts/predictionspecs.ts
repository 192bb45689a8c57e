import type { TranslationBundle } from '@jupyterlab/translation';
import { IArea, IConfusion, MOST_CLASSES } from './predictions';
import { size, tips } from './specs';
import { makeSpec, Spec } from './vega';

const CELL = 36;
const LEAST = 200;
const HEIGHT = 280;

/** Classes that were taken for each other; the darker, the more of all of the class. */
export function confusionSpec(
  cells: readonly IConfusion[],
  width: number,
  trans: TranslationBundle
): Spec {
  const names = [...new Set(cells.map(({ truth }) => truth))];
  const side = Math.min(width, Math.max(LEAST, names.length * CELL + 120));
  const values = cells.map(({ truth, guess, count, part }) => ({
    truth,
    guess,
    count,
    part,
    dark: part > 0.5
  }));
  return makeSpec(values, {
    ...size(side, Math.min(side, names.length * CELL + 80)),
    encoding: {
      x: {
        field: 'guess',
        type: 'nominal',
        sort: names,
        title: trans.__('Predicted'),
        axis: { labelAngle: 0 }
      },
      y: {
        field: 'truth',
        type: 'nominal',
        sort: names,
        title: trans.__('True')
      }
    },
    layer: [
      {
        mark: 'rect',
        encoding: {
          color: {
            field: 'part',
            type: 'quantitative',
            title: null,
            legend: null,
            scale: { scheme: 'blues', domain: [0, 1] }
          },
          tooltip: tips({
            truth: trans.__('True'),
            guess: trans.__('Predicted'),
            count: trans.__('Rows'),
            part: trans.__('Part of the true ones')
          })
        }
      },
      ...(names.length <= MOST_CLASSES / 2
        ? [
            {
              mark: 'text',
              encoding: {
                text: { field: 'count', type: 'quantitative' },
                color: {
                  field: 'dark',
                  type: 'nominal',
                  scale: { domain: [false, true], range: ['black', 'white'] },
                  legend: null
                }
              }
            }
          ]
        : [])
    ]
  });
}

/** A curve of a run, and how it looks. */
export interface IAreaLine extends IArea {
  readonly name: string;
  readonly color: string;
}

/** Curves in the unit square, with the area below each in the legend. */
export function areaSpec(
  lines: readonly IAreaLine[],
  options: { x: string; y: string; width: number; diagonal: boolean }
): Spec {
  const names = lines.map(({ name, area }) => `${name} · ${area.toFixed(3)}`);
  const values = lines.flatMap(({ points }, line) =>
    points.map(({ x, y }, order) => ({ line: names[line], x, y, order }))
  );
  const unit = { type: 'quantitative', scale: { domain: [0, 1] } };
  return makeSpec(values, {
    ...size(options.width, HEIGHT),
    layer: [
      {
        mark: { type: 'line', tooltip: true },
        encoding: {
          x: { field: 'x', ...unit, title: options.x },
          y: { field: 'y', ...unit, title: options.y },
          order: { field: 'order', type: 'quantitative' },
          color: {
            field: 'line',
            type: 'nominal',
            title: null,
            scale: { domain: names, range: lines.map(({ color }) => color) },
            legend: { orient: 'bottom', columns: 1 }
          },
          tooltip: tips({ x: options.x, y: options.y })
        }
      },
      ...(options.diagonal
        ? [
            {
              data: { values: [{ x: 0, y: 0, x2: 1, y2: 1 }] },
              mark: { type: 'rule', strokeDash: [4, 4], opacity: 0.5 },
              encoding: {
                x: { field: 'x', ...unit },
                y: { field: 'y', ...unit },
                x2: { field: 'x2' },
                y2: { field: 'y2' }
              }
            }
          ]
        : [])
    ]
  });
}
