import { useState } from 'react';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { CellPair, Execution } from '../../api/types';
import { ComparisonModel, isSame } from '../../model/comparison';
import { Code, WhenVisible } from '../hosted';
import { useServices } from '../services';
import { WaysBack } from '../waysback';
import { DiffLines } from './difflines';
import { PairOutputs } from './pairoutputs';

/** Pixels of a line of source. */
const LINE_HEIGHT = 17;

type Names = readonly [string, string];

/** Two executions of what stands for the same cell: sources, then outputs, side by side. */
export function PairView(props: {
  pair: CellPair;
  /** Names of the runs at the left and at the right. */
  names: Names;
  model: ComparisonModel;
}): JSX.Element {
  const { trans } = useServices();
  const { pair, names, model } = props;
  const [open, setOpen] = useState(!isSame(pair));
  const Caret = open ? caretDownIcon : caretRightIcon;
  const place = (execution: Execution | null) => execution?.sequence ?? '–';
  return (
    <li className="jp-MLOps-pair" data-kind={pair.kind}>
      <div className="jp-MLOps-pair-bar">
        <button
          type="button"
          className="jp-MLOps-pair-head"
          aria-expanded={open}
          onClick={() => setOpen(!open)}
        >
          <Caret.react tag="span" className="jp-MLOps-caret" />
          <span className="jp-MLOps-sequence">
            {`${place(pair.left)} ↔ ${place(pair.right)}`}
          </span>
          {describe(pair, names, trans).map(word => (
            <span key={word} className="jp-MLOps-badge">
              {word}
            </span>
          ))}
          {!open && (
            <code className="jp-MLOps-pair-preview">
              {sourceOf(pair).split('\n')[0]}
            </code>
          )}
        </button>
        <Actions execution={pair.left} name={names[0]} />
        {pair.kind !== 'equal' && (
          <Actions execution={pair.right} name={names[1]} />
        )}
      </div>
      {open && (
        // Twenty runs of a hundred cells are many lines: who sees them waits for them.
        <WhenVisible height={sourceHeight(pair)}>
          {() => (
            <>
              {pair.lines.length > 0 ? (
                <DiffLines lines={pair.lines} />
              ) : (
                <Code source={sourceOf(pair)} />
              )}
              <PairOutputs pair={pair} names={names} model={model} />
            </>
          )}
        </WhenVisible>
      )}
    </li>
  );
}

function sourceOf(pair: CellPair): string {
  return (pair.left ?? pair.right)?.source ?? '';
}

/** About what the sources take, so that little moves when they come. */
function sourceHeight(pair: CellPair): number {
  const lines = pair.lines.length || sourceOf(pair).split('\n').length;
  return LINE_HEIGHT * lines;
}

/** What became of a cell, in words. */
function describe(
  pair: CellPair,
  names: Names,
  trans: TranslationBundle
): string[] {
  const kinds = {
    equal: trans.__('equal'),
    changed: trans.__('changed'),
    added: trans.__('inserted: only in %1', names[1]),
    removed: trans.__('deleted: only in %1', names[0])
  };
  return [
    kinds[pair.kind],
    ...(pair.moved ? [trans.__('moved')] : []),
    ...(pair.outputs_differ ? [trans.__('outputs differ')] : [])
  ];
}

function Actions(props: {
  execution: Execution | null;
  name: string;
}): JSX.Element | null {
  const { trans } = useServices();
  const { execution, name } = props;
  return execution ? (
    <span className="jp-MLOps-pair-actions">
      <WaysBack
        execution={execution}
        labels={{
          insert: trans.__('Copy the cell of %1 into my notebook', name),
          restore: trans.__('Restore the notebook of %1 as of this cell', name)
        }}
      />
    </span>
  ) : null;
}
