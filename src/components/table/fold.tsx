import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import type { TableRow } from '../../model/rows';
import type { RunTableModel } from '../../model/table';
import { useServices } from '../services';

/** Folds out what is inside of a row. The grid has the keyboard, and does it with the arrows. */
export function Fold(props: {
  model: RunTableModel;
  row: TableRow;
  name: string;
}): JSX.Element {
  const { trans } = useServices();
  const { model, row, name } = props;
  const Caret = row.expanded ? caretDownIcon : caretRightIcon;
  return (
    <button
      type="button"
      className="jp-MLOps-fold"
      tabIndex={-1}
      aria-label={
        row.expanded
          ? trans.__('Fold %1', name)
          : trans.__('Show what is in %1', name)
      }
      onClick={() => void model.expand(row, !row.expanded)}
      onDoubleClick={event => event.stopPropagation()}
    >
      <Caret.react tag="span" className="jp-MLOps-caret" />
    </button>
  );
}
