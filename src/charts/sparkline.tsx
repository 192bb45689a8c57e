import type { Curve } from '../api/types';

const WIDTH = 44;
const HEIGHT = 16;
const PAD = 2;

/** The course of a metric, without axes; the number beside it says where it went. */
export function Sparkline(props: { curve: Curve; label: string }): JSX.Element {
  return (
    <svg
      className="jp-MLOps-sparkline"
      role="img"
      aria-label={props.label}
      width={WIDTH}
      height={HEIGHT}
      viewBox={`0 0 ${WIDTH} ${HEIGHT}`}
    >
      <title>{props.label}</title>
      <polyline points={sparkPoints(props.curve.values)} />
    </svg>
  );
}

/** Points of the polyline, as SVG wants them. Values that are no numbers leave a gap. */
export function sparkPoints(values: readonly (number | null)[]): string {
  const finite = values.filter((value): value is number => value !== null);
  const low = Math.min(...finite);
  const range = Math.max(...finite) - low || 1;
  const dx = (WIDTH - 2 * PAD) / Math.max(1, values.length - 1);
  return values
    .map((value, i) => {
      if (value === null) {
        return null;
      }
      const y = HEIGHT - PAD - ((value - low) / range) * (HEIGHT - 2 * PAD);
      return `${(PAD + i * dx).toFixed(1)},${y.toFixed(1)}`;
    })
    .filter(point => point !== null)
    .join(' ');
}
