import type { RegisterFormModel } from '../../model/forms';
import { Problem } from '../basics';
import { ComboBox } from '../combobox';
import { useModel, useServices } from '../services';

/** Asks under which name a model of a run is registered. */
export function RegisterForm(props: { form: RegisterFormModel }): JSX.Element {
  const { trans } = useServices();
  const form = useModel(props.form);
  const { name, description, alias } = form.fields;
  return (
    <div className="jp-MLOps-form">
      {form.models.length > 1 && <ModelChoice form={form} />}
      <div className="jp-MLOps-field">
        <span aria-hidden="true">{trans.__('Name')}</span>
        <ComboBox
          label={trans.__('Name of the registered model')}
          placeholder={trans.__('such as iris-classifier')}
          value={name}
          onChange={value => form.set({ name: value })}
          options={form.names.filter(
            each => each.includes(name.trim()) && each !== name
          )}
          invalid={form.problem !== null}
          autoFocus
        />
        <span className="jp-MLOps-hint">
          {form.nextVersion === null
            ? trans.__('A new name makes a new registered model.')
            : trans.__('Becomes version %1 of %2.', form.nextVersion, name)}
        </span>
      </div>
      <label>
        {trans.__('Description')}
        <textarea
          className="jp-MLOps-textarea jp-mod-small"
          value={description}
          onChange={event => form.set({ description: event.target.value })}
        />
      </label>
      <label>
        {trans.__('Alias (optional)')}
        <input
          className="jp-MLOps-input"
          placeholder={trans.__('such as champion')}
          value={alias}
          onChange={event => form.set({ alias: event.target.value })}
        />
      </label>
      {form.problem && <Problem>{form.problem}</Problem>}
    </div>
  );
}

function ModelChoice(props: { form: RegisterFormModel }): JSX.Element {
  const { trans } = useServices();
  const { form } = props;
  return (
    <label>
      {trans.__('Model of the run')}
      <select
        className="jp-MLOps-select"
        value={form.fields.modelId ?? ''}
        onChange={event => form.set({ modelId: event.target.value })}
      >
        {form.models.map(model => (
          <option key={model.model_id} value={model.model_id}>
            {`${model.name} (${model.class_name.split('.').pop() ?? ''})`}
          </option>
        ))}
      </select>
    </label>
  );
}
