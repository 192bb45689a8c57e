import { useState } from 'react';
import { caretDownIcon, caretRightIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type {
  CellPair,
  DiffLine,
  DiffSegment,
  Execution
} from '../../api/types';
import { Outputs } from '../hosted';
import { useServices } from '../services';

/** Two executions of what stands for the same cell: sources, then outputs, side by side. */
export function PairView(props: {
  pair: CellPair;
  /** Names of the runs at the left and at the right. */
  names: readonly [string, string];
  open: boolean;
}): JSX.Element {
  const { trans } = useServices();
  const { pair, names } = props;
  const [open, setOpen] = useState(props.open);
  const Caret = open ? caretDownIcon : caretRightIcon;
  const place = (execution: Execution | null) => execution?.sequence ?? '–';
  return (
    <li className="jp-MLOps-pair" data-kind={pair.kind}>
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
        <span>{describe(pair, names, trans)}</span>
        {!open && (
          <code className="jp-MLOps-pair-preview">
            {(pair.left ?? pair.right)?.source.split('\n')[0]}
          </code>
        )}
      </button>
      {open && (
        <>
          <Lines lines={pair.lines} />
          <PairOutputs pair={pair} />
        </>
      )}
    </li>
  );
}

function describe(
  pair: CellPair,
  names: readonly [string, string],
  trans: TranslationBundle
): string {
  const moved = pair.moved ? `, ${trans.__('moved')}` : '';
  switch (pair.kind) {
    case 'equal':
      return (
        (pair.outputs_differ
          ? trans.__('equal, outputs differ')
          : trans.__('equal')) + moved
      );
    case 'changed':
      return trans.__('changed') + moved;
    case 'added':
      return trans.__('only in %1', names[1]);
    case 'removed':
      return trans.__('only in %1', names[0]);
  }
}

function Lines(props: { lines: readonly DiffLine[] }): JSX.Element {
  const { trans } = useServices();
  return (
    <div
      className="jp-MLOps-diff"
      role="group"
      aria-label={trans.__('Difference of the sources')}
      tabIndex={0}
    >
      <table>
        <tbody>
          {props.lines.map((line, index) => (
            <tr key={index} data-kind={line.kind}>
              <Side number={line.left_number} segments={line.left} mark="−" />
              <Side number={line.right_number} segments={line.right} mark="+" />
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** One side of a line; what differs is marked by element, sign and colour. */
function Side(props: {
  number: number | null;
  segments: DiffSegment[] | null;
  mark: string;
}): JSX.Element {
  const { number, segments } = props;
  const differs = segments?.some(segment => segment.kind !== 'equal') ?? false;
  return (
    <>
      <td className="jp-MLOps-diff-number">
        {number}
        {differs && <span className="jp-MLOps-diff-mark">{props.mark}</span>}
      </td>
      <td className="jp-MLOps-diff-side" data-empty={segments === null}>
        {segments?.map((segment, index) => (
          <Segment key={index} segment={segment} />
        ))}
      </td>
    </>
  );
}

function Segment(props: { segment: DiffSegment }): JSX.Element {
  const { kind, text } = props.segment;
  switch (kind) {
    case 'removed':
      return <del>{text}</del>;
    case 'added':
      return <ins>{text}</ins>;
    default:
      return <>{text}</>;
  }
}

function PairOutputs(props: { pair: CellPair }): JSX.Element | null {
  const { left, right } = props.pair;
  const any = (left?.outputs.length ?? 0) + (right?.outputs.length ?? 0) > 0;
  return any ? (
    <div className="jp-MLOps-pair-outputs">
      <div>{left && <Outputs outputs={left.outputs} />}</div>
      <div>{right && <Outputs outputs={right.outputs} />}</div>
    </div>
  ) : null;
}
