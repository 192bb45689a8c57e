import { useState } from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import { closeIcon, deleteIcon, downloadIcon } from '@jupyterlab/ui-components';
import {
  archiveIcon,
  chartIcon,
  compareIcon,
  tagIcon,
  unarchiveIcon
} from '../../icons';
import { COMPARE_LIMITS } from '../../model/comparisonlink';
import { MOST_SELECTED, RunTableModel } from '../../model/table';
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
    return (
      <TrashBar
        table={table}
        runIds={runIds}
        onClear={() => runs.clearSelection()}
      />
    );
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
        icon={downloadIcon}
        label={trans.__('Export as an archive')}
        onClick={() => act(CommandIDs.exportRuns)}
      />
      <IconButton
        icon={table?.query.archived ? unarchiveIcon : archiveIcon}
        label={
          table?.query.archived
            ? trans.__('Take out of the archive')
            : trans.__('Archive')
        }
        onClick={() =>
          act(
            table?.query.archived
              ? CommandIDs.unarchiveRuns
              : CommandIDs.archiveRuns
          )
        }
      />
      <IconButton
        icon={deleteIcon}
        label={trans.__('Delete')}
        onClick={() => act(CommandIDs.deleteRuns)}
      />
      {table && <SelectAll table={table} />}
      {tagging && (
        <TagField
          onSet={async tags => {
            await commands.execute(CommandIDs.tagRun, { runIds, tags });
          }}
          onClose={() => setTagging(false)}
        />
      )}
    </Toolbar>
  );
}

/** Says how many they are, where that is known. */
function selectAllLabel(
  { total, totalIsExact }: RunTableModel,
  trans: TranslationBundle
): string {
  if (totalIsExact && total <= MOST_SELECTED) {
    return trans.__('Select all %1 that match', total.toLocaleString());
  }
  return totalIsExact
    ? trans.__('Select the first %1', MOST_SELECTED.toLocaleString())
    : trans.__('Select all that match');
}

/** Selects all that match, not only those that are loaded. */
function SelectAll(props: { table: RunTableModel }): JSX.Element | null {
  const { mlops, trans } = useServices();
  const { table } = props;
  return table.total > mlops.runs.selection.size ? (
    <button
      type="button"
      className="jp-MLOps-link"
      onClick={() =>
        void attempt(async () => mlops.runs.selectAlso(await table.matching()))
      }
    >
      {selectAllLabel(table, trans)}
    </button>
  ) : null;
}

/** What can be done with runs in the trash. */
function TrashBar(props: {
  table: RunTableModel;
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
      <SelectAll table={props.table} />
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
        {trans.__('%1 selected', props.count.toLocaleString())}
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
