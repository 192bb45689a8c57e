import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import { Sparkline } from '../../charts/sparkline';
import type { IRunRow } from '../../model/runs';
import { Ago, Value } from '../basics';
import { useServices } from '../services';
import { RunDuration, StatusMark } from '../status';
import { AddTag, SetTags, TagChips, TagField } from '../tags';
import { Who, useWho } from '../who';
import { visibleTags } from '../../model/format';
import { CommandIDs } from '../../tokens';
import type { Curve, Run } from '../../api/types';

/** What a line of the list is given. */
export interface IRunLineProps {
  readonly row: IRunRow;
  readonly selected: boolean;
  /** Whether the keyboard is here. */
  readonly active: boolean;
  readonly curve: Curve | undefined;
  readonly showExperiment: boolean;
  readonly tagging: boolean;
  readonly onTagging: (tagging: boolean) => void;
  readonly onActivate: () => void;
  readonly onSelect: (selected: boolean) => void;
  readonly onExpand: (expanded: boolean) => void;
}

/** One run: name and key metric, below how it went, when, and its tags. */
export function RunLine(props: IRunLineProps): JSX.Element {
  const { commands, mlops } = useServices();
  const { run, level } = props.row;
  const who = useWho()(run.user);
  const tabIndex = props.active ? 0 : -1;
  const open = (id: string) => void commands.execute(id, { runId: run.run_id });
  const setTags: SetTags = tags => mlops.runs.tag([run.run_id], tags);

  return (
    <div
      role="row"
      className="jp-MLOps-run"
      data-run-id={run.run_id}
      data-archived={run.archived || undefined}
      data-level={level}
      aria-level={level + 1}
      aria-selected={props.selected}
      aria-expanded={run.child_count > 0 ? props.row.expanded : undefined}
      tabIndex={tabIndex}
      onFocus={props.onActivate}
      onMouseDown={props.onActivate}
      onDoubleClick={() => open(CommandIDs.openRunTab)}
    >
      <Check {...props} tabIndex={tabIndex} />
      <div role="gridcell" className="jp-MLOps-run-main">
        <Fold {...props} tabIndex={tabIndex} />
        <button
          type="button"
          className="jp-MLOps-run-name"
          tabIndex={-1}
          title={[run.name, run.experiment, who].filter(Boolean).join('\n')}
          onClick={() => open(CommandIDs.openRun)}
        >
          {run.name}
        </button>
      </div>
      <KeyMetric run={run} curve={props.curve} />
      <div role="gridcell" className="jp-MLOps-run-facts">
        <StatusMark status={run.status} iconOnly={run.status === 'FINISHED'} />
        <RunDuration run={run} />
        <Ago time={run.start_time} />
        {props.showExperiment && (
          <span className="jp-MLOps-run-experiment">{run.experiment}</span>
        )}
        <span className="jp-MLOps-run-key" title={run.key_metric ?? undefined}>
          {run.key_metric}
        </span>
        <Who user={run.user} />
        <AddTag tabIndex={tabIndex} onAdding={() => props.onTagging(true)} />
      </div>
      {(props.tagging || visibleTags(run.tags).length > 0) && (
        <div role="gridcell" className="jp-MLOps-run-tags jp-MLOps-tags">
          <TagChips tags={run.tags} tabIndex={tabIndex} onSet={setTags} />
          {props.tagging && (
            <TagField onSet={setTags} onClose={() => props.onTagging(false)} />
          )}
        </div>
      )}
    </div>
  );
}

function Check(props: IRunLineProps & { tabIndex: number }): JSX.Element {
  const { trans } = useServices();
  return (
    <div role="gridcell" className="jp-MLOps-run-check">
      <input
        type="checkbox"
        aria-label={trans.__('Select %1', props.row.run.name)}
        tabIndex={props.tabIndex}
        checked={props.selected}
        onChange={event => props.onSelect(event.target.checked)}
        onDoubleClick={event => event.stopPropagation()}
      />
    </div>
  );
}

function Fold(props: IRunLineProps & { tabIndex: number }): JSX.Element | null {
  const { trans } = useServices();
  const { run, expanded } = props.row;
  if (run.child_count === 0) {
    return null;
  }
  const Caret = expanded ? caretDownIcon : caretRightIcon;
  const count = trans._n('%1 run', '%1 runs', run.child_count);
  return (
    <button
      type="button"
      className="jp-MLOps-fold"
      tabIndex={-1}
      title={count}
      aria-label={
        expanded ? trans.__('Fold %1', count) : trans.__('Show %1', count)
      }
      onClick={() => props.onExpand(!expanded)}
      onDoubleClick={event => event.stopPropagation()}
    >
      <Caret.react tag="span" className="jp-MLOps-caret" />
      <span className="jp-MLOps-count">{run.child_count}</span>
    </button>
  );
}

/** The number that counts, or the exception that ended the run. */
function KeyMetric(props: { run: Run; curve: Curve | undefined }): JSX.Element {
  const { trans } = useServices();
  const { run } = props;
  if (run.status === 'FAILED' && run.error) {
    return (
      <div
        role="gridcell"
        className="jp-MLOps-run-error"
        title={`${run.error.name}: ${run.error.value}`}
      >
        {run.error.name}
      </div>
    );
  }
  const key = run.key_metric;
  return (
    <div role="gridcell" className="jp-MLOps-run-metric">
      {props.curve && key && (
        <Sparkline curve={props.curve} label={trans.__('Course of %1', key)} />
      )}
      {key && <Value value={run.metrics[key]} />}
    </div>
  );
}
