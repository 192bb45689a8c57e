import type { ReactNode } from 'react';
import { useId } from 'react';
import { ellipsesIcon } from '@jupyterlab/ui-components';
import type { Spec } from '../../charts/vega';
import { IconButton } from '../basics';
import { useServices } from '../services';
import { openChartMenu } from './chartmenu';

/** What can be taken away from a chart. */
export interface ITakeaway {
  /** Name of the files. */
  readonly name: string;
  readonly spec: () => Spec;
  /** Source of a cell that draws it. */
  readonly cell: () => string;
}

/** A chart with its title and its menu; what it is made from is chosen between the two. */
export function ChartCard(props: {
  title: string;
  hint?: string;
  /** Null while there is nothing to take away. */
  takeaway: ITakeaway | null;
  actions?: ReactNode;
  children: ReactNode;
}): JSX.Element {
  const { rendermime, commands, trans } = useServices();
  const { takeaway, title } = props;
  const id = useId();
  return (
    <section className="jp-MLOps-card" aria-labelledby={id}>
      <div className="jp-MLOps-card-bar">
        {/* No heading: in a note it would stand below one of any level. */}
        <strong id={id} className="jp-MLOps-card-title" title={title}>
          {title}
        </strong>
        {props.actions}
        {takeaway && (
          <IconButton
            icon={ellipsesIcon}
            label={trans.__('Save or insert %1', title)}
            onClick={event => {
              const box = event.currentTarget.getBoundingClientRect();
              openChartMenu({
                takeaway,
                rendermime,
                commands,
                trans,
                at: { x: box.left, y: box.bottom }
              });
            }}
          />
        )}
      </div>
      {props.hint && <p className="jp-MLOps-hint">{props.hint}</p>}
      {props.children}
    </section>
  );
}
