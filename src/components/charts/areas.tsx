import { useMemo } from 'react';
import { valuesCell } from '../../charts/cells';
import { lineStyle, themeColor } from '../../charts/palette';
import {
  classes,
  columnOf,
  precisionRecall,
  roc
} from '../../charts/predictions';
import { areaSpec, IAreaLine } from '../../charts/predictionspecs';
import { VegaView } from '../../charts/vegaview';
import type { ChartsModel } from '../../model/charts';
import type { ITables } from '../../model/charttables';
import { Nothing } from '../basics';
import { useServices } from '../services';
import { ChartCard } from './chartcard';
import { SAVED_WIDTH } from './looks';
import { IPart, withTable } from './withtable';

/** ROC, and precision over recall: a line for each run. */
export function Areas({ model, tables, roles }: IPart): JSX.Element | null {
  const { trans } = useServices();
  const { truth, score } = roles;
  const rows = useMemo(
    () => scored(model, tables, truth, score),
    [model, tables, truth, score]
  );
  if (truth === null || score === null) {
    return (
      <Nothing>
        {trans.__(
          'Choose the column of scores to see ROC and precision over recall.'
        )}
      </Nothing>
    );
  }
  if (rows.length === 0) {
    return (
      <Nothing>
        {trans.__('ROC needs two classes, and a number as score for each row.')}
      </Nothing>
    );
  }
  const hint = trans.__(
    'Positive: %1',
    [...new Set(rows.map(r => r.positive))].join(', ')
  );
  return (
    <>
      <Area
        title={trans.__('ROC')}
        hint={hint}
        diagonal
        x={trans.__('False positive rate')}
        y={trans.__('True positive rate')}
        lines={rows.map(row => ({ ...row, ...roc(row.truth, row.scores) }))}
      />
      <Area
        title={trans.__('Precision over recall')}
        hint={hint}
        x={trans.__('Recall')}
        y={trans.__('Precision')}
        lines={rows.map(row => ({
          ...row,
          ...precisionRecall(row.truth, row.scores)
        }))}
      />
    </>
  );
}

function Area(props: {
  title: string;
  hint: string;
  x: string;
  y: string;
  lines: readonly IAreaLine[];
  diagonal?: boolean;
}): JSX.Element {
  const { title, x, y, lines } = props;
  const make = (width: number) =>
    areaSpec(lines, { x, y, width, diagonal: props.diagonal ?? false });
  return (
    <ChartCard
      title={title}
      hint={props.hint}
      takeaway={{
        name: title,
        spec: () => make(SAVED_WIDTH),
        cell: () => valuesCell(make(SAVED_WIDTH))
      }}
    >
      <VegaView
        make={make}
        mark={JSON.stringify(lines.map(({ name, area }) => [name, area]))}
        label={lines
          .map(({ name, area }) => `${name}: ${area.toFixed(3)}`)
          .join('; ')}
      />
    </ChartCard>
  );
}

interface IScored {
  readonly name: string;
  readonly color: string;
  readonly positive: string;
  readonly truth: readonly boolean[];
  readonly scores: readonly number[];
}

/** The tables with two classes and a score; of the two classes the last one is positive. */
function scored(
  model: ChartsModel,
  tables: ITables,
  truth: string | null,
  score: string | null
): IScored[] {
  if (truth === null || score === null) {
    return [];
  }
  return withTable(model, tables, [truth, score]).flatMap(
    ({ run, label, table }) => {
      const labels = columnOf(table, truth).map(String);
      const scores = columnOf(table, score);
      const names = classes(labels);
      const color = themeColor(lineStyle(model.style(run.run_id)).color);
      return names.length === 2 && scores.every(isNumber)
        ? [
            {
              name: label,
              color,
              positive: names[1],
              truth: labels.map(each => each === names[1]),
              scores
            }
          ]
        : [];
    }
  );
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number';
}
