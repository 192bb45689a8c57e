import type { DiffLine, DiffSegment } from '../../api/types';
import { useServices } from '../services';

/** Two sources side by side, their words marked. */
export function DiffLines(props: { lines: readonly DiffLine[] }): JSX.Element {
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
