import { linkIcon } from '@jupyterlab/ui-components';
import { fields } from '../../charts/fields';
import type { XAxis } from '../../charts/series';
import type { ChartsModel } from '../../model/charts';
import { TextButton } from '../basics';
import { useServices } from '../services';
import { FieldSelect, WordSelect } from './fieldselect';

/** Smoothing beyond this shows nothing but the begin. */
const MOST_SMOOTHING = 0.99;

/** What all charts have in common: axes, smoothing, groups. */
export function ChartsToolbar(props: {
  model: ChartsModel;
  onCopyLink: (() => void) | null;
}): JSX.Element {
  const { trans } = useServices();
  const { model } = props;
  const { axis, smoothing, groupBy, logX, logY } = model.state;
  const groups = fields(model.runs ?? []).filter(
    id => !/^(metrics\.|attributes\.(start_time|duration))/.test(id)
  );
  const titles: Readonly<Record<XAxis, string>> = {
    step: trans.__('Step'),
    wall: trans.__('Time of day'),
    relative: trans.__('Time since the start')
  };
  return (
    <div
      className="jp-MLOps-chartsView-bar"
      role="toolbar"
      aria-label={trans.__('All charts')}
    >
      <WordSelect
        label={trans.__('Over')}
        value={axis}
        options={Object.keys(titles)}
        titles={titles}
        onChange={value => model.set({ axis: value as XAxis, zoom: null })}
      />
      <label className="jp-MLOps-choice">
        <span>{trans.__('Smoothing')}</span>
        <input
          type="range"
          min={0}
          max={MOST_SMOOTHING}
          step={0.01}
          value={smoothing}
          aria-valuetext={String(smoothing)}
          onChange={({ target }) => model.set({ smoothing: +target.value })}
        />
        <output>{smoothing.toFixed(2)}</output>
      </label>
      <Check
        label={trans.__('Log X')}
        checked={logX}
        disabled={axis === 'wall'}
        onChange={value => model.set({ logX: value })}
      />
      <Check
        label={trans.__('Log Y')}
        checked={logY}
        onChange={value => model.set({ logY: value })}
      />
      <FieldSelect
        label={trans.__('Group by')}
        value={groupBy}
        none={trans.__('nothing')}
        options={groups}
        onChange={value => model.set({ groupBy: value })}
      />
      {props.onCopyLink && (
        <TextButton icon={linkIcon} onClick={props.onCopyLink}>
          {trans.__('Copy Link')}
        </TextButton>
      )}
    </div>
  );
}

function Check(props: {
  label: string;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}): JSX.Element {
  return (
    <label className="jp-MLOps-check">
      <input
        type="checkbox"
        checked={props.checked}
        disabled={props.disabled}
        onChange={({ target }) => props.onChange(target.checked)}
      />
      {props.label}
    </label>
  );
}
