import { useState } from 'react';
import { closeIcon, deleteIcon } from '@jupyterlab/ui-components';
import { chartIcon, compareIcon, tagIcon } from '../../icons';
import { COMPARE_LIMITS } from '../../model/comparison';
import type { RunTableModel } from '../../model/table';
import { attempt } from '../../report';
import { CommandIDs } from '../../tokens';
import { IconButton, TextButton } from '../basics';
import { useModel, useServices } from '../services';
import { TagField } from '../tags';

/** What can be done with the selected runs; not there without a selection. */
export function SelectionBar(props: {
  /** The table that the runs are selected in. */
  table?: RunTableModel;
}): JSX.Element | null {
  const { mlops, trans, commands } = useServices();
  const runs = useModel(mlops.runs);
  const [tagging, setTagging] = useState(false);
  const runIds = [...runs.selection];
  if (runIds.length === 0) {
    return null;
  }
  const { table } = props;
  const act = (command: string) => void commands.execute(command, { runIds });
  if (table?.query.deleted) {
    return <TrashBar runIds={runIds} onClear={() => runs.clearSelection()} />;
  }
  const comparable =
    runIds.length >= COMPARE_LIMITS.least &&
    runIds.length <= COMPARE_LIMITS.most;
  return (
    <Toolbar count={runIds.length} onClear={() => runs.clearSelection()}>
      <TextButton
        accept
        icon={compareIcon}
        disabled={!comparable}
        title={
          comparable
            ? undefined
            : trans.__(
                'Select %1 to %2 runs to compare them.',
                COMPARE_LIMITS.least,
                COMPARE_LIMITS.most
              )
        }
        onClick={() => act(CommandIDs.compareRuns)}
      >
        {trans.__('Compare')}
      </TextButton>
      <IconButton
        icon={chartIcon}
        label={trans.__('Charts')}
        onClick={() => void commands.execute(CommandIDs.openCharts, { runIds })}
      />
      <IconButton
        icon={tagIcon}
        label={trans.__('Tag')}
        onClick={() => setTagging(true)}
      />
      <IconButton
        icon={deleteIcon}
        label={trans.__('Delete')}
        onClick={() => act(CommandIDs.deleteRuns)}
      />
      {table && table.total > runIds.length && (
        <button
          type="button"
          className="jp-MLOps-link"
          onClick={() =>
            void attempt(async () => runs.selectAlso(await table.matching()))
          }
        >
          {trans.__('Select all that match')}
        </button>
      )}
      {tagging && (
        <TagField
          onSet={tags => runs.tag(runIds, tags)}
          onClose={() => setTagging(false)}
        />
      )}
    </Toolbar>
  );
}

/** What can be done with runs in the trash. */
function TrashBar(props: {
  runIds: string[];
  onClear: () => void;
}): JSX.Element {
  const { commands, trans } = useServices();
  const { runIds } = props;
  const act = (command: string) => void commands.execute(command, { runIds });
  return (
    <Toolbar count={runIds.length} onClear={props.onClear}>
      <TextButton accept onClick={() => act(CommandIDs.restoreRuns)}>
        {trans.__('Restore')}
      </TextButton>
      <TextButton onClick={() => act(CommandIDs.eraseRuns)}>
        {trans.__('Erase …')}
      </TextButton>
    </Toolbar>
  );
}

/** How many runs are selected, the way out, and what can be done with them. */
function Toolbar(props: {
  count: number;
  onClear: () => void;
  children: React.ReactNode;
}): JSX.Element {
  const { trans } = useServices();
  return (
    <div
      className="jp-MLOps-selection"
      role="toolbar"
      aria-label={trans.__('Selected runs')}
    >
      <span role="status" className="jp-MLOps-selection-count">
        {trans.__('%1 selected', props.count)}
      </span>
      <IconButton
        icon={closeIcon}
        label={trans.__('Clear the selection')}
        onClick={props.onClear}
      />
      {props.children}
    </div>
  );
}
