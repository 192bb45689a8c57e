import { useEffect, useRef, useState } from 'react';
import { useServices } from '../components/services';
import type { CurvePlot, IDrawing } from './uplot';

/** Lines on a canvas, as wide as their place; `label` is for those who do not see them. */
export function LinePlot(props: {
  drawing: IDrawing;
  label: string;
}): JSX.Element {
  const host = useRef<HTMLDivElement>(null);
  const plot = useRef<CurvePlot | null>(null);
  const latest = useRef(props.drawing);
  const theme = useTheme();
  const { drawing } = props;

  useEffect(() => {
    latest.current = drawing;
    plot.current?.draw(drawing);
  }, [drawing]);

  useEffect(() => {
    const node = host.current;
    if (!node) {
      return;
    }
    let gone = false;
    const observer = new ResizeObserver(() => plot.current?.resize());
    void import('./uplot').then(({ CurvePlot }) => {
      if (!gone) {
        plot.current = new CurvePlot(node);
        plot.current.draw(latest.current);
        observer.observe(node);
      }
    });
    return () => {
      gone = true;
      observer.disconnect();
      plot.current?.dispose();
      plot.current = null;
    };
    // A canvas does not follow the theme by itself.
  }, [theme]);

  return <div ref={host} role="img" aria-label={props.label} />;
}

/** A number that grows with every change of the theme. */
export function useTheme(): number {
  const { themeChanged } = useServices();
  const [theme, setTheme] = useState(0);
  useEffect(() => {
    const repaint = () => setTheme(count => count + 1);
    themeChanged?.connect(repaint);
    return () => {
      themeChanged?.disconnect(repaint);
    };
  }, [themeChanged]);
  return theme;
}
