import { noteIcon } from '../../icons';
import { Nothing, Problem } from '../basics';
import { useModel, useServices } from '../services';
import { Note } from './note';

/** The note of an experiment. */
export function ExperimentNote(props: { experimentId: string }): JSX.Element {
  const { mlops, trans } = useServices();
  const runs = useModel(mlops.runs);
  const { experimentId } = props;
  const experiment = runs.experiments.find(
    each => each.experiment_id === experimentId
  );
  if (!experiment) {
    return runs.experiments.length === 0 ? (
      <Nothing>{trans.__('Reading the record …')}</Nothing>
    ) : (
      <Problem>{trans.__('This experiment is not in the record.')}</Problem>
    );
  }
  const newest = runs.runs.find(
    run => run.experiment_id === experimentId && run.key_metric
  );
  return (
    <article className="jp-MLOps-experimentNote">
      <h2 className="jp-MLOps-experimentNote-title">
        <noteIcon.react tag="span" />
        {experiment.name}
        <span className="jp-MLOps-count">
          {trans._n('%1 run', '%1 runs', experiment.run_count)}
        </span>
      </h2>
      {!experiment.note && (
        <p className="jp-MLOps-hint">
          {trans.__(
            'What was tried, and what came of it: in Markdown, with tables and curves of runs that follow the record. It can be saved as a page to send.'
          )}
        </p>
      )}
      <Note
        key={experimentId}
        note={experiment.note}
        experiment={experimentId}
        metric={newest?.key_metric ?? null}
        report={{ experimentId }}
        onSave={text => runs.setExperimentNote(experimentId, text)}
      />
    </article>
  );
}
