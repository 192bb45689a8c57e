import { useServices } from '../services';
import { columnTitle, kindTitle } from '../table/titles';
import type { ColumnKind } from '../../api/types';
import { parseColumn } from '../../model/columns';

const KINDS: readonly ColumnKind[] = [
  'metrics',
  'params',
  'tags',
  'attributes'
];

/** Chooses one of some words. */
export function WordSelect(props: {
  label: string;
  value: string | null;
  options: readonly string[];
  /** What stands for null; without it there is always a choice. */
  none?: string;
  titles?: Readonly<Record<string, string>>;
  onChange: (value: string | null) => void;
}): JSX.Element {
  return (
    <label className="jp-MLOps-choice">
      <span>{props.label}</span>
      <select
        className="jp-MLOps-select"
        value={props.value ?? ''}
        onChange={event => props.onChange(event.target.value || null)}
      >
        {props.none !== undefined && <option value="">{props.none}</option>}
        {props.options.map(option => (
          <option key={option} value={option}>
            {props.titles?.[option] ?? option}
          </option>
        ))}
      </select>
    </label>
  );
}

/** Chooses a column: a metric, a param, a tag or a fact about the run. */
export function FieldSelect(props: {
  label: string;
  value: string | null;
  options: readonly string[];
  none?: string;
  onChange: (value: string | null) => void;
}): JSX.Element {
  const { trans } = useServices();
  const groups = KINDS.map(
    kind =>
      [kind, props.options.filter(id => parseColumn(id).kind === kind)] as const
  ).filter(([, ids]) => ids.length > 0);
  return (
    <label className="jp-MLOps-choice">
      <span>{props.label}</span>
      <select
        className="jp-MLOps-select"
        value={props.value ?? ''}
        onChange={event => props.onChange(event.target.value || null)}
      >
        {props.none !== undefined && <option value="">{props.none}</option>}
        {groups.map(([kind, ids]) => (
          <optgroup key={kind} label={kindTitle(kind, trans)}>
            {ids.map(id => (
              <option key={id} value={id}>
                {columnTitle(id, trans)}
              </option>
            ))}
          </optgroup>
        ))}
      </select>
    </label>
  );
}
