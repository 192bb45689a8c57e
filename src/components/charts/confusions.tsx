import { valuesCell } from '../../charts/cells';
import {
  classes,
  columnOf,
  confusion,
  MOST_CLASSES
} from '../../charts/predictions';
import { confusionSpec } from '../../charts/predictionspecs';
import { VegaView } from '../../charts/vegaview';
import { Nothing } from '../basics';
import { useServices } from '../services';
import { ChartCard } from './chartcard';
import { SAVED_WIDTH } from './looks';
import { IPart, withTable } from './withtable';

/** A matrix for each run. */
export function Confusions({
  model,
  tables,
  roles
}: IPart): JSX.Element | null {
  const { trans } = useServices();
  const { truth, guess } = roles;
  if (truth === null || guess === null) {
    return (
      <Nothing>
        {trans.__(
          'Choose the columns of what is true and of what was predicted.'
        )}
      </Nothing>
    );
  }
  return (
    <>
      {withTable(model, tables, [truth, guess]).map(({ run, label, table }) => (
        <Confusion
          key={run.run_id}
          title={trans.__('Confusion matrix of %1', label)}
          truth={columnOf(table, truth)}
          guess={columnOf(table, guess)}
        />
      ))}
    </>
  );
}

function Confusion(props: {
  title: string;
  truth: readonly unknown[];
  guess: readonly unknown[];
}): JSX.Element {
  const { trans } = useServices();
  const { title, truth, guess } = props;
  const count = classes([...truth, ...guess]).length;
  if (count > MOST_CLASSES) {
    return (
      <ChartCard title={title} takeaway={null}>
        <Nothing>
          {trans.__(
            'There are %1 different values: more than %2 do not fit a matrix.',
            count,
            MOST_CLASSES
          )}
        </Nothing>
      </ChartCard>
    );
  }
  const cells = confusion(truth, guess);
  const right = cells
    .filter(cell => cell.truth === cell.guess)
    .reduce((sum, cell) => sum + cell.count, 0);
  const make = (width: number) => confusionSpec(cells, width, trans);
  return (
    <ChartCard
      title={title}
      takeaway={{
        name: title,
        spec: () => make(SAVED_WIDTH),
        cell: () => valuesCell(make(SAVED_WIDTH))
      }}
    >
      <VegaView
        make={make}
        mark={JSON.stringify(cells)}
        label={trans.__('%1 of %2 predictions are right', right, truth.length)}
      />
    </ChartCard>
  );
}
