import { guessRoles, IRoles } from '../../charts/predictions';
import type { ChartsModel } from '../../model/charts';
import { fetchTables, ITables, tablePaths } from '../../model/charttables';
import { Nothing, Problem } from '../basics';
import { useFetched, useServices } from '../services';
import { Areas } from './areas';
import { Confusions } from './confusions';
import { WordSelect } from './fieldselect';

const EXAMPLE =
  "mlops.log_table({'y_true': y, 'y_pred': model.predict(X), 'y_score': model.predict_proba(X)[:, 1]}, 'predictions.json')";

/** What models said, against what was true: from tables that the runs have logged. */
export function Predictions(props: { model: ChartsModel }): JSX.Element {
  const { trans } = useServices();
  const { model } = props;
  const runIds = model.shown.map(run => run.run_id);
  const state = runIds.map(runId => `${runId} ${model.version(runId)}`).join();
  const paths = useFetched(state, () => tablePaths(model, runIds));
  const path = model.state.table.path ?? paths.value?.[0]?.path ?? null;
  const tables = useFetched(`${path} ${JSON.stringify(paths.value)}`, () =>
    fetchTables(model, paths.value ?? [], path)
  );
  const error = paths.error ?? tables.error;
  if (error) {
    return <Problem>{error}</Problem>;
  }
  if (paths.value === null || tables.value === null) {
    return <Nothing>{trans.__('Reading the record …')}</Nothing>;
  }
  if (path === null || tables.value.size === 0) {
    return (
      <Nothing>
        {trans.__(
          'None of these runs has logged a table. This gives a confusion matrix, ROC and precision over recall:'
        )}{' '}
        <code>{EXAMPLE}</code>
      </Nothing>
    );
  }
  const known = [...new Set(paths.value.map(each => each.path))];
  return (
    <Tables model={model} path={path} paths={known} tables={tables.value} />
  );
}

function Tables(props: {
  model: ChartsModel;
  path: string;
  paths: readonly string[];
  tables: ITables;
}): JSX.Element {
  const { trans } = useServices();
  const { model, tables } = props;
  const columns = [
    ...new Set([...tables.values()].flatMap(table => table.columns))
  ];
  const guessed = guessRoles(columns);
  const { table } = model.state;
  const roles: IRoles = {
    truth: table.truth ?? guessed.truth,
    guess: table.guess ?? guessed.guess,
    score: table.score ?? guessed.score
  };
  const titles: [keyof IRoles, string][] = [
    ['truth', trans.__('True')],
    ['guess', trans.__('Predicted')],
    ['score', trans.__('Score')]
  ];
  const set = (change: Partial<typeof table>) =>
    model.set({ table: { ...table, ...change } });
  return (
    <>
      <div className="jp-MLOps-chooseLine">
        <WordSelect
          label={trans.__('Table')}
          value={props.path}
          options={props.paths}
          onChange={path =>
            set({ path, truth: null, guess: null, score: null })
          }
        />
        {titles.map(([role, title]) => (
          <WordSelect
            key={role}
            label={title}
            value={roles[role]}
            none={trans.__('none')}
            options={columns}
            onChange={value => set({ [role]: value })}
          />
        ))}
      </div>
      <div className="jp-MLOps-cards">
        <Confusions model={model} tables={tables} roles={roles} />
        <Areas model={model} tables={tables} roles={roles} />
      </div>
    </>
  );
}
