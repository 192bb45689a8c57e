import { useState } from 'react';
import { closeIcon, deleteIcon } from '@jupyterlab/ui-components';
import { chartIcon, compareIcon, tagIcon } from '../../icons';
import { COMPARE_LIMITS } from '../../model/comparison';
import { CommandIDs } from '../../tokens';
import { IconButton, TextButton } from '../basics';
import { useModel, useServices } from '../services';
import { TagField } from '../tags';

/** What can be done with the selected runs; not there without a selection. */
export function SelectionBar(): JSX.Element | null {
  const { mlops, trans, commands } = useServices();
  const runs = useModel(mlops.runs);
  const [tagging, setTagging] = useState(false);
  const runIds = [...runs.selection];
  if (runIds.length === 0) {
    return null;
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
        onClick={() =>
          void commands.execute(CommandIDs.compareRuns, { runIds })
        }
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
        onClick={() => void commands.execute(CommandIDs.deleteRuns, { runIds })}
      />
      <IconButton
        icon={closeIcon}
        label={trans.__('Clear the selection')}
        onClick={() => runs.clearSelection()}
      />
      {tagging && (
        <TagField
          onSet={tags => runs.tag(runIds, tags)}
          onClose={() => setTagging(false)}
        />
      )}
    </div>
  );
}
