import { useState } from 'react';
import { useServices } from '../services';

/** Two pictures on top of each other: the slider says how much of which is seen. */
export function Overlay(props: {
  urls: readonly [string, string];
  names: readonly [string, string];
}): JSX.Element {
  const { trans } = useServices();
  const [share, setShare] = useState(50);
  const { urls, names } = props;
  const style = { '--jp-mlops-share': `${share}%` } as React.CSSProperties;
  return (
    <figure className="jp-MLOps-overlay" style={style}>
      <div className="jp-MLOps-overlay-stage">
        <img src={urls[1]} alt={trans.__('Picture of %1', names[1])} />
        <img src={urls[0]} alt={trans.__('Picture of %1', names[0])} />
      </div>
      <input
        type="range"
        min={0}
        max={100}
        value={share}
        aria-label={trans.__('How much of %1 is seen', names[0])}
        aria-valuetext={trans.__('%1 % of %2', share, names[0])}
        onChange={event => setShare(Number(event.target.value))}
      />
      <figcaption>
        <span>{names[0]}</span>
        <span>{names[1]}</span>
      </figcaption>
    </figure>
  );
}
