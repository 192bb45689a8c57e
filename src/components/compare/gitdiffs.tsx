import { useState } from 'react';
import type { Comparison, Run } from '../../api/types';
import type { ComparisonModel } from '../../model/comparison';
import { Nothing, Problem, TextButton } from '../basics';
import { Code } from '../hosted';
import { useFetched, useServices } from '../services';

/** The key of the row that names what was not committed; runs that have such lines begin with `+`. */
const KEY = 'uncommitted changes';

/** What was not committed, run by run, fetched when somebody asks. */
export function GitDiffs(props: {
  model: ComparisonModel;
  comparison: Comparison;
}): JSX.Element | null {
  const { model, comparison } = props;
  const row = comparison.git.find(each => each.key === KEY);
  const dirty = comparison.runs.filter(
    (run, index) =>
      run.session_id !== null && String(row?.values[index]).startsWith('+')
  );
  return (
    <>
      {dirty.map(run => (
        <Uncommitted key={run.run_id} run={run} model={model} />
      ))}
    </>
  );
}

function Uncommitted(props: { run: Run; model: ComparisonModel }): JSX.Element {
  const { trans } = useServices();
  const [open, setOpen] = useState(false);
  return (
    <div className="jp-MLOps-uncommitted">
      <TextButton expanded={open} onClick={() => setOpen(!open)}>
        {trans.__('Uncommitted changes of %1', props.run.name)}
      </TextButton>
      {open && <Lines {...props} />}
    </div>
  );
}

function Lines(props: { run: Run; model: ComparisonModel }): JSX.Element {
  const { trans } = useServices();
  const sessionId = props.run.session_id ?? '';
  const { value, error } = useFetched(sessionId, () =>
    props.model.uncommitted(sessionId)
  );
  if (error) {
    return <Problem>{error}</Problem>;
  }
  return value === null ? (
    <Nothing>{trans.__('Loading …')}</Nothing>
  ) : (
    <Code source={value} language="diff" />
  );
}
