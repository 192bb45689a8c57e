import { useMemo } from 'react';
import type { Curve } from '../api/types';
import { formatNumber } from '../model/format';
import { useServices } from '../components/services';
import { LinePlot } from './lineplot';
import { lineStyle } from './palette';
import { makeLines } from './series';

const HEIGHT = 160;

/** Pixels that the curves of one run take, with their title. */
export const CURVE_HEIGHT = HEIGHT + 26;

/** Columns of pixels that are told apart. */
const COLUMNS = 800;

/** A metric over its steps, one line for each run. */
export function CurveChart(props: {
  title: string;
  curves: readonly Curve[];
  /** Names of the runs, in the order of the curves; none for a single run. */
  names?: readonly string[];
  /** Styles follow the run, not its place among those that have the metric. */
  styles?: readonly number[];
  height?: number;
}): JSX.Element {
  const { trans } = useServices();
  const { title, curves, height = HEIGHT } = props;
  const names = props.names ?? [title];
  const styles = props.styles ?? curves.map((_, index) => index);
  // The lists are made anew with every rendering, and mostly say the same.
  const looks = JSON.stringify(curves.map((_, i) => [names[i], styles[i]]));
  const drawing = useMemo(() => {
    const sources = (JSON.parse(looks) as [string, number][]).map(
      ([name, style], i) => ({ curve: curves[i], name, style, group: null })
    );
    return {
      ...makeLines(sources, { axis: 'step', columns: COLUMNS }),
      height
    };
  }, [curves, looks, height]);

  return (
    <figure className="jp-MLOps-chart">
      <figcaption>{title}</figcaption>
      <LinePlot drawing={drawing} label={describe(title, curves)} />
      {props.names && (
        <ul className="jp-MLOps-legend" aria-label={trans.__('Runs')}>
          {names.map((name, index) => (
            <li key={`${index} ${name}`}>
              <LineSample index={styles[index]} />
              {name}
            </li>
          ))}
        </ul>
      )}
    </figure>
  );
}

/** A piece of a line as the chart draws it. */
export function LineSample(props: { index: number }): JSX.Element {
  const { color, dash } = lineStyle(props.index);
  return (
    <svg className="jp-MLOps-sample" width="24" height="8" aria-hidden="true">
      <line
        x1="1"
        x2="23"
        y1="4"
        y2="4"
        stroke={`var(${color})`}
        strokeWidth="2"
        strokeDasharray={dash.join(' ')}
      />
    </svg>
  );
}

/** For those who do not see the curve. */
export function describe(title: string, curves: readonly Curve[]): string {
  const courses = curves.map(({ values }) => {
    const first = formatNumber(values[0]);
    return `${first} → ${formatNumber(values[values.length - 1])}`;
  });
  return `${title}: ${courses.join('; ')}`;
}
