import type { RunDetails } from '../../api/types';
import { RunModel } from '../../model/run';
import { Problem, Section, Nothing } from '../basics';
import { RedactionList } from '../redacted';
import { useOwned, useServices } from '../services';
import { Artifacts } from './artifacts';
import { Cells } from './cells';
import { Children } from './children';
import { Data } from './data';
import { EnvironmentFacts } from './environment';
import { RunHeader } from './header';
import { LoggedModels } from './loggedmodels';
import { Metrics } from './metrics';
import { RunNote } from './note';
import { Params } from './params';

/** One run with all that belongs to it. */
export function RunView(props: {
  runId: string;
  /** Present where the run replaces the list. */
  onBack?: () => void;
}): JSX.Element {
  const { mlops, trans } = useServices();
  const model = useOwned(
    props.runId,
    () =>
      new RunModel({
        runId: props.runId,
        client: mlops.client,
        changes: mlops.changes
      })
  );
  const { details, error } = model;
  return (
    <div
      className="jp-MLOps-details"
      data-run-id={props.runId}
      data-archived={details?.run.archived || undefined}
    >
      <RunHeader
        run={details?.run ?? null}
        authors={details?.tag_authors}
        onBack={props.onBack}
      />
      <div className="jp-MLOps-scroll">
        {error && <Problem>{error}</Problem>}
        {!details && !error && (
          <Nothing>{trans.__('Reading the run …')}</Nothing>
        )}
        {details && <Parts model={model} details={details} />}
      </div>
    </div>
  );
}

function Parts(props: { model: RunModel; details: RunDetails }): JSX.Element {
  const { trans } = useServices();
  const { model, details } = props;
  const { run } = details;
  return (
    <>
      {run.error && (
        <Problem>
          <strong>{run.error.name}</strong>: {run.error.value}
        </Problem>
      )}
      <RedactionList
        revision={`${run.run_id} ${model.revision}`}
        load={() => model.redactions()}
      />
      {details.metrics.length > 0 && (
        <Section title={trans.__('Metrics')} count={details.metrics.length}>
          <Metrics model={model} metrics={details.metrics} />
        </Section>
      )}
      {details.children.length > 0 && (
        <Section
          title={trans.__('Runs inside')}
          count={details.children.length}
        >
          <Children runs={details.children} />
        </Section>
      )}
      {Object.keys(run.params).length > 0 && (
        <Section
          title={trans.__('Params')}
          count={Object.keys(run.params).length}
        >
          <Params params={run.params} changes={details.param_changes} />
        </Section>
      )}
      <Section title={trans.__('Note')}>
        <RunNote run={run} author={details.note_author} />
      </Section>
      {details.models.length > 0 && (
        <Section title={trans.__('Models')} count={details.models.length}>
          <LoggedModels details={details} />
        </Section>
      )}
      {details.executions.length > 0 && (
        <Section title={trans.__('Cells')} count={details.executions.length}>
          <Cells
            load={id => model.execution(id)}
            executions={details.executions}
            language={details.environment?.language}
          />
        </Section>
      )}
      {details.artifacts.length > 0 && (
        <Section title={trans.__('Artifacts')} count={details.artifacts.length}>
          <Artifacts model={model} artifacts={details.artifacts} />
        </Section>
      )}
      {details.datasets.length > 0 && (
        <Section title={trans.__('Data')} count={details.datasets.length}>
          <Data datasets={details.datasets} />
        </Section>
      )}
      {details.environment && (
        <Section title={trans.__('Environment')} folded>
          <EnvironmentFacts environment={details.environment} />
        </Section>
      )}
    </>
  );
}
