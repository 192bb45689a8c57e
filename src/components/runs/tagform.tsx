import type { TextFormModel } from '../../model/forms';
import { Problem } from '../basics';
import { ComboBox } from '../combobox';
import { useModel, useServices } from '../services';
import { useTagWords } from '../tags';

/** Asks for a tag, where there is no row to write it into. */
export function TagForm(props: { form: TextFormModel }): JSX.Element {
  const { trans } = useServices();
  const form = useModel(props.form);
  return (
    <div className="jp-MLOps-form">
      <ComboBox
        label={trans.__('New tag: key or key=value')}
        placeholder={trans.__('key or key=value')}
        value={form.text}
        onChange={text => form.setText(text)}
        options={useTagWords(form.text)}
        invalid={form.problem !== null}
        autoFocus
      />
      {form.problem && <Problem>{form.problem}</Problem>}
    </div>
  );
}
