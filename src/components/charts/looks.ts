import { lineStyle, themeColor } from '../../charts/palette';
import type { ILooks } from '../../charts/specs';
import type { ChartsModel } from '../../model/charts';
import type { IServices } from '../services';

/** The runs that are shown, in the colours of their curves. */
export function looksOf(
  model: ChartsModel,
  { trans }: IServices,
  width: number
): ILooks {
  return {
    runs: model.shown,
    color: run => themeColor(lineStyle(model.style(run.run_id)).color),
    width,
    trans
  };
}

/** Width of a picture that is saved. */
export const SAVED_WIDTH = 640;

/** What says whether charts of the runs have to be drawn anew. */
export function markOf(model: ChartsModel): string {
  return JSON.stringify(
    model.shown.map(run => [
      run.run_id,
      run.name,
      run.metrics,
      run.params,
      run.tags,
      run.end_time
    ])
  );
}
