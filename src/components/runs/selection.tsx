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
    return <DeletedBar runIds={runIds} onClear={() => runs.clearSelection()} />;
  }
  const comparable =
    runIds.length >= COMPARE_LIMITS.least &&
    runIds.length <= COMPARE_LIMITS.most;
  return (
    <div
      className="jp-MLOps-selection"
      role="toolbar"
      aria-label={trans.__('Selected runs')}
    >
      <span role="status" className="jp-MLOps-selection-count">
        {trans.__('%1 selected', runIds.length)}
      </span>
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
      <IconButton
        icon={closeIcon}
        label={trans.__('Clear the selection')}
        onClick={() => runs.clearSelection()}
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
    </div>
  );
}

/** What can be done with deleted runs. */
function DeletedBar(props: {
  runIds: string[];
  onClear: () => void;
}): JSX.Element {
  const { commands, trans } = useServices();
  const { runIds } = props;
  return (
    <div
      className="jp-MLOps-selection"
      role="toolbar"
      aria-label={trans.__('Selected runs')}
    >
      <span role="status" className="jp-MLOps-selection-count">
        {trans.__('%1 selected', runIds.length)}
      </span>
      <TextButton
        accept
        onClick={() =>
          void commands.execute(CommandIDs.restoreRuns, { runIds })
        }
      >
        {trans.__('Restore')}
      </TextButton>
      <TextButton
        onClick={() => void commands.execute(CommandIDs.eraseRuns, { runIds })}
      >
        {trans.__('Erase …')}
      </TextButton>
      <IconButton
        icon={closeIcon}
        label={trans.__('Clear the selection')}
        onClick={props.onClear}
      />
    </div>
  );
}
