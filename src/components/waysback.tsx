import { pasteIcon } from '@jupyterlab/ui-components';
import type { Execution } from '../api/types';
import { restoreIcon } from '../icons';
import { CommandIDs } from '../tokens';
import { IconButton } from './basics';
import { useServices } from './services';

/** From an execution back into a notebook: its cell, or all cells as they were then. */
export function WaysBack(props: {
  execution: Pick<Execution, 'execution_id' | 'cell_id' | 'source'>;
  /** What the two buttons say. */
  labels: { insert: string; restore: string };
}): JSX.Element {
  const { commands } = useServices();
  const { execution, labels } = props;
  return (
    <>
      <IconButton
        icon={pasteIcon}
        label={labels.insert}
        onClick={() =>
          void commands.execute(CommandIDs.insertSource, {
            source: execution.source,
            cellId: execution.cell_id
          })
        }
      />
      <IconButton
        icon={restoreIcon}
        label={labels.restore}
        onClick={() =>
          void commands.execute(CommandIDs.restoreNotebook, {
            executionId: execution.execution_id
          })
        }
      />
    </>
  );
}
