import { memo } from 'react';
import { cellFrame, ICellFrame } from './frame';
import { HeaderContent } from './header';
import { HEADER } from './keys';
import { framesOf, Gap, HEADER_HEIGHT, IRowProps } from './rowparts';

/** The heads of the columns. */
export const Head = memo(function Head(
  props: IRowProps & {
    /** Of the model: the heads show how it sorts. */
    revision: number;
    onMenu: (column: string, at: { x: number; y: number }) => void;
  }
): JSX.Element {
  const { end, first, fixed, model, onMenu } = props;
  const ariaSort = (column: string) => {
    const key = model.sort.find(each => each.id === column);
    return key && (key.descending ? 'descending' : 'ascending');
  };
  const head = (frame: ICellFrame) => (
    <div
      key={frame.column}
      role="columnheader"
      aria-sort={ariaSort(frame.column)}
      {...cellFrame(frame)}
    >
      <HeaderContent model={model} column={frame.column} onMenu={onMenu} />
    </div>
  );
  return (
    <div
      role="row"
      aria-rowindex={1}
      data-row={HEADER}
      className="jp-MLOps-grid-row jp-MLOps-grid-header"
      style={{ height: HEADER_HEIGHT }}
    >
      <div role="presentation" className="jp-MLOps-grid-pinned">
        {framesOf(props, 0, fixed).map(head)}
      </div>
      <Gap width={props.gap} />
      {framesOf(props, first, end).map(head)}
    </div>
  );
});
