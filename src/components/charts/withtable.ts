import type { Run } from '../../api/types';
import { runLabels } from '../../charts/fields';
import type { IRoles, ITable } from '../../charts/predictions';
import type { ChartsModel } from '../../model/charts';
import type { ITables } from '../../model/charttables';

/** What the charts of predictions are made from. */
export interface IPart {
  readonly model: ChartsModel;
  readonly tables: ITables;
  readonly roles: IRoles;
}

/** The runs that are shown and whose table has these columns. */
export function withTable(
  model: ChartsModel,
  tables: ITables,
  columns: readonly string[]
): { run: Run; label: string; table: ITable }[] {
  const labels = runLabels(model.shown);
  return model.shown.flatMap(run => {
    const table = tables.get(run.run_id);
    return table && columns.every(column => table.columns.includes(column))
      ? [{ run, label: labels.get(run.run_id)!, table }]
      : [];
  });
}
