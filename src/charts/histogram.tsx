import type { IBar } from './bars';

const WIDTH = 160;
const HEIGHT = 32;

/** How the values of a column lie, without axes; the label says between what. */
export function Histogram(props: {
  bars: readonly IBar[];
  label: string;
}): JSX.Element {
  return (
    <svg
      className="jp-MLOps-histogram"
      role="img"
      aria-label={props.label}
      width={WIDTH}
      height={HEIGHT}
      viewBox="0 0 1 1"
      preserveAspectRatio="none"
    >
      <title>{props.label}</title>
      {props.bars.map(({ start, width, height }) => (
        <rect key={start} x={start} y={1 - height} {...{ width, height }} />
      ))}
    </svg>
  );
}
