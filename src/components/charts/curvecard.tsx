import { useEffect, useMemo, useRef } from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import { undoIcon } from '@jupyterlab/ui-components';
import { curvesCell } from '../../charts/cells';
import { describe, LineSample } from '../../charts/curvechart';
import { curveSpec } from '../../charts/curvespec';
import { runLabels } from '../../charts/fields';
import { LinePlot } from '../../charts/lineplot';
import { lineStyle, themeColor } from '../../charts/palette';
import { ILines, ISource, makeLines, Range } from '../../charts/series';
import type { IDrawing } from '../../charts/uplot';
import { zoomByKey } from '../../charts/zoom';
import { ChartCurves } from '../../model/chartcurves';
import type { ChartsModel } from '../../model/charts';
import { IconButton, Nothing, Problem } from '../basics';
import { useOwned, useServices } from '../services';
import { ChartCard, ITakeaway } from './chartcard';
import { useWidth } from './usewidth';

const HEIGHT = 240;

/** One metric's curves of all runs that are shown; zooming in fetches finer ones. */
export function CurveCard(props: {
  model: ChartsModel;
  metric: string;
}): JSX.Element {
  const { trans } = useServices();
  const { model, metric } = props;
  const curves = useOwned(metric, () => new ChartCurves(model, metric));
  const host = useRef<HTMLDivElement>(null);
  const width = useWidth(host);
  useEffect(() => curves.setWidth(width), [curves, width]);
  const sources = sourcesOf(model, curves);
  const drawing = useMemo(
    () => draw(sources, model, width),
    // The revisions stand for what is drawn.
    // eslint-disable-next-line react-hooks/exhaustive-deps
    [model, model.revision, curves.revision, width]
  );
  return (
    <ChartCard
      title={metric}
      takeaway={
        sources.length > 0
          ? takeawayOf({ model, metric, drawing, width, trans })
          : null
      }
      actions={<ZoomOut model={model} />}
    >
      {curves.error && <Problem>{curves.error}</Problem>}
      {curves.isReady && sources.length === 0 && (
        <Nothing>{trans.__('None of the runs shown has this metric.')}</Nothing>
      )}
      <Zoomable model={model} metric={metric} drawing={drawing} hostRef={host}>
        {curves.isReady && (
          <LinePlot
            drawing={drawing}
            label={describe(
              metric,
              sources.map(({ curve }) => curve)
            )}
          />
        )}
      </Zoomable>
      {model.state.groupBy !== null && <Groups lines={drawing} />}
    </ChartCard>
  );
}

function ZoomOut(props: { model: ChartsModel }): JSX.Element | null {
  const { trans } = useServices();
  const { model } = props;
  return (
    model.state.zoom && (
      <IconButton
        icon={undoIcon}
        label={trans.__('Show all of the curves')}
        onClick={() => model.set({ zoom: null })}
      />
    )
  );
}

/** Zooms by keyboard, and out of everything by a double click. */
function Zoomable(props: {
  model: ChartsModel;
  metric: string;
  drawing: IDrawing;
  hostRef: React.RefObject<HTMLDivElement>;
  children: React.ReactNode;
}): JSX.Element {
  const { trans } = useServices();
  const { model, metric, drawing, hostRef, children } = props;
  return (
    <div
      ref={hostRef}
      className="jp-MLOps-zoomable"
      role="group"
      tabIndex={0}
      aria-label={trans.__(
        'Chart of %1: plus and minus zoom, arrows move, 0 shows all.',
        metric
      )}
      onDoubleClick={() => model.set({ zoom: null })}
      onKeyDown={event => {
        const next = zoomByKey(event.key, model.state.zoom, drawing.xs);
        if (next !== undefined) {
          event.preventDefault();
          model.set({ zoom: next });
        }
      }}
    >
      {children}
    </div>
  );
}

function Groups(props: { lines: ILines }): JSX.Element {
  const { trans } = useServices();
  return (
    <>
      <ul className="jp-MLOps-legend" aria-label={trans.__('Groups')}>
        {props.lines.lines.map(({ name, style }) => (
          <li key={name}>
            <LineSample index={style} />
            {name}
          </li>
        ))}
      </ul>
      <p className="jp-MLOps-hint">
        {trans.__(
          'Mean of each group; the band is its lowest and its highest.'
        )}
      </p>
    </>
  );
}

function sourcesOf(model: ChartsModel, curves: ChartCurves): ISource[] {
  const labels = runLabels(model.runs ?? []);
  return model.shown.flatMap(run => {
    const curve = curves.curve(run.run_id);
    const name = labels.get(run.run_id)!;
    const [group, style] = [model.groupOf(run), model.style(run.run_id)];
    return curve ? [{ curve, name, group, style }] : [];
  });
}

function draw(
  sources: readonly ISource[],
  model: ChartsModel,
  width: number
): IDrawing {
  const { axis, logX, logY, smoothing, zoom } = model.state;
  const options = {
    axis,
    smoothing,
    range: zoom,
    logX: logX && axis !== 'wall'
  };
  return {
    ...makeLines(sources, { ...options, columns: Math.max(1, width) }),
    height: HEIGHT,
    isTime: axis === 'wall',
    logX: options.logX,
    logY,
    range: zoom,
    onZoom: (range: Range) => model.set({ zoom: range })
  };
}

function takeawayOf(chart: {
  model: ChartsModel;
  metric: string;
  drawing: IDrawing;
  width: number;
  trans: TranslationBundle;
}): ITakeaway {
  const { model, metric, drawing, width, trans } = chart;
  const { axis, logY } = model.state;
  const titles = {
    step: trans.__('Step'),
    wall: trans.__('Time of day'),
    relative: trans.__('Seconds since the start')
  };
  const logX = drawing.logX ?? false;
  return {
    name: metric,
    spec: () =>
      curveSpec(drawing, {
        title: metric,
        xTitle: titles[axis],
        width: Math.max(400, width),
        height: HEIGHT,
        isTime: axis === 'wall',
        logX,
        logY,
        color: style => themeColor(lineStyle(style).color)
      }),
    cell: () =>
      curvesCell(
        model.shown.map(run => run.run_id),
        metric,
        { axis, logX, logY }
      )
  };
}
