import { useEffect, useMemo, useRef, useState } from 'react';
import type uPlot from 'uplot';
import type { Curve } from '../api/types';
import { formatNumber } from '../model/format';
import { useServices } from '../components/services';
import { lineStyle } from './palette';

const HEIGHT = 160;

/** A metric over its steps, one line for each run. */
export function CurveChart(props: {
  title: string;
  curves: readonly Curve[];
  /** Names of the runs, in the order of the curves; none for a single run. */
  names?: readonly string[];
  /** Styles follow the run, not its place among those that have the metric. */
  styles?: readonly number[];
}): JSX.Element {
  const { trans, themeChanged } = useServices();
  const host = useRef<HTMLDivElement>(null);
  const [theme, setTheme] = useState(0);
  const { title, curves } = props;
  const names = props.names ?? [title];
  const styles = useMemo(
    () => props.styles ?? curves.map((_, index) => index),
    [props.styles, curves]
  );

  useEffect(() => {
    const repaint = () => setTheme(count => count + 1);
    themeChanged?.connect(repaint);
    return () => {
      themeChanged?.disconnect(repaint);
    };
  }, [themeChanged]);

  useEffect(() => {
    const node = host.current;
    if (!node) {
      return;
    }
    let chart: uPlot | null = null;
    let gone = false;
    const observer = new ResizeObserver(() => {
      chart?.setSize({ width: node.clientWidth, height: HEIGHT });
    });
    void import('./uplot').then(({ drawCurves }) => {
      if (!gone) {
        chart = drawCurves({ host: node, curves, styles, height: HEIGHT });
        observer.observe(node);
      }
    });
    return () => {
      gone = true;
      observer.disconnect();
      chart?.destroy();
    };
  }, [curves, styles, theme]);

  return (
    <figure className="jp-MLOps-chart">
      <figcaption>{title}</figcaption>
      <div ref={host} role="img" aria-label={describe(title, curves)} />
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
function describe(title: string, curves: readonly Curve[]): string {
  const courses = curves.map(({ values }) => {
    const first = formatNumber(values[0]);
    return `${first} → ${formatNumber(values[values.length - 1])}`;
  });
  return `${title}: ${courses.join('; ')}`;
}
