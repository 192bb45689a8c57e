import type { PushFormModel } from '../../model/forms';
import { Problem } from '../basics';
import { ComboBox } from '../combobox';
import { useModel, useServices } from '../services';

/** Asks where a version is to be pushed. */
export function PushForm(props: { form: PushFormModel }): JSX.Element {
  const { trans } = useServices();
  const form = useModel(props.form);
  const { aliases } = form.version;
  return (
    <div className="jp-MLOps-form">
      <div className="jp-MLOps-field">
        <span aria-hidden="true">{trans.__('Where to')}</span>
        <ComboBox
          label={trans.__('Target: a name, or the address of an MLflow server')}
          placeholder={trans.__('such as http://localhost:5000')}
          value={form.target}
          onChange={target => form.setTarget(target)}
          options={form.targets.filter(each => each !== form.target)}
          invalid={form.problem !== null}
          autoFocus
        />
        <span className="jp-MLOps-hint">
          {trans.__(
            'The name of a configured target, or the address of an MLflow server.'
          )}
        </span>
      </div>
      {aliases.length > 0 && (
        <label className="jp-MLOps-check">
          <input
            type="checkbox"
            checked={form.withAliases}
            onChange={event => form.setWithAliases(event.target.checked)}
          />
          {trans.__('With its aliases: %1', aliases.join(', '))}
        </label>
      )}
      {form.problem && <Problem>{form.problem}</Problem>}
    </div>
  );
}
