import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import { useServices } from '../components/services';
import { useTheme } from './lineplot';
import { embed, IEmbedded, Spec, themed } from './vega';

/** What Vega keeps free beside a chart. */
const MARGIN = 12;

/** A chart that Lab's own Vega draws; `make` is called anew for another width. */
export function VegaView(props: {
  make: (width: number) => Spec;
  /** Differs when the chart does. */
  mark: string;
  /** For those who do not see it. */
  label: string;
}): JSX.Element {
  const { rendermime, trans } = useServices();
  const host = useRef<HTMLDivElement>(null);
  const theme = useTheme();
  const [width, setWidth] = useState(0);
  const [problem, setProblem] = useState<string | null>(null);
  const { make, mark } = props;

  useLayoutEffect(() => {
    const node = host.current;
    if (!node) {
      return;
    }
    const measure = () =>
      setWidth(Math.floor((node.clientWidth - MARGIN) / 8) * 8);
    const observer = new ResizeObserver(measure);
    measure();
    observer.observe(node);
    return () => observer.disconnect();
  }, []);

  useEffect(() => {
    const node = host.current;
    if (!node || width === 0) {
      return;
    }
    let current = true;
    let drawn: IEmbedded | null = null;
    const draw = async () => {
      drawn = embed(rendermime, themed(make(width)));
      await drawn.ready;
      if (current) {
        setProblem(null);
        // The picture as a whole has a name; its parts have roles without one.
        drawn.node.querySelector('svg')?.setAttribute('aria-hidden', 'true');
        node.replaceChildren(drawn.node);
      }
    };
    draw().catch((reason: Error) => current && setProblem(reason.message));
    return () => {
      current = false;
      drawn?.dispose();
    };
    // The mark stands for what is drawn.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, [rendermime, mark, width, theme]);

  return (
    <>
      {problem && (
        <p className="jp-MLOps-hint">
          {trans.__('This chart could not be drawn: %1', problem)}
        </p>
      )}
      <div
        ref={host}
        className="jp-MLOps-vega"
        role="img"
        aria-label={props.label}
      />
    </>
  );
}
