import { useId } from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { ForgetAnswer } from '../api/types';
import type { ForgetBy, ForgetFormModel } from '../model/forget';
import { formatSize } from '../model/format';
import { Problem } from './basics';
import { useModel, useServices } from './services';

/** Asks what is to be forgotten, and says what that takes. */
export function ForgetForm(props: { form: ForgetFormModel }): JSX.Element {
  const { trans } = useServices();
  const form = useModel(props.form);
  const { by, minutes, secret } = form.fields;
  const { cellId, names } = form.subject;
  return (
    <div className="jp-MLOps-form">
      <fieldset className="jp-MLOps-choices">
        <legend>{trans.__('What is to be forgotten')}</legend>
        {names.length > 0 && (
          <Choice form={form} by="run">
            {names.length === 1
              ? trans.__('The run %1, with its cells', names[0])
              : trans.__('%1 runs, with their cells', names.length)}
          </Choice>
        )}
        {cellId && (
          <Choice form={form} by="cell">
            {trans.__('This cell, each time it was executed')}
          </Choice>
        )}
        <Choice form={form} by="minutes">
          {trans.__('What was executed lately')}
        </Choice>
        <Choice form={form} by="secret">
          {trans.__('A secret, wherever it stands')}
        </Choice>
      </fieldset>
      {by === 'minutes' && (
        <label>
          {trans.__('Minutes from now back')}
          <input
            className="jp-MLOps-input"
            type="number"
            min={1}
            value={minutes}
            onChange={event => form.set({ minutes: event.target.value })}
          />
        </label>
      )}
      {by === 'secret' && (
        <label>
          {trans.__('The secret; it is not kept')}
          <input
            className="jp-MLOps-input"
            type="password"
            autoComplete="off"
            value={secret}
            onChange={event => form.set({ secret: event.target.value })}
            onBlur={() => void form.look()}
          />
        </label>
      )}
      <Taken form={form} />
      {(form.problem ?? form.trouble) && (
        <Problem>{form.problem ?? form.trouble}</Problem>
      )}
    </div>
  );
}

function Choice(props: {
  form: ForgetFormModel;
  by: ForgetBy;
  children: string;
}): JSX.Element {
  const { form, by, children } = props;
  const id = useId();
  return (
    <div className="jp-MLOps-choice">
      <input
        id={id}
        type="radio"
        name="jp-MLOps-forget"
        checked={form.fields.by === by}
        onChange={() => form.set({ by })}
      />
      <label htmlFor={id}>{children}</label>
    </div>
  );
}

/** What it would take, before it does. */
function Taken(props: { form: ForgetFormModel }): JSX.Element {
  const { trans } = useServices();
  const { preview, trouble, fields } = props.form;
  const waiting = !preview && !trouble && !(fields.by === 'secret');
  return (
    <div className="jp-MLOps-forget-taken" role="status">
      {waiting && <p>{trans.__('Looking …')}</p>}
      {preview && (
        <>
          <p>
            <strong>{trans.__('Would be erased for good:')}</strong>{' '}
            {takenWords(preview, trans)}
          </p>
          {preview.beyond?.map(sentence => (
            <p key={sentence} className="jp-MLOps-hint">
              {sentence}
            </p>
          ))}
        </>
      )}
    </div>
  );
}

/** What was erased, or would be. */
export function takenWords(
  answer: ForgetAnswer,
  trans: TranslationBundle
): string {
  const parts = [
    trans._n('%1 execution', '%1 executions', answer.executions),
    trans._n('%1 output', '%1 outputs', answer.outputs)
  ];
  if (answer.runs) {
    parts.push(trans._n('%1 run', '%1 runs', answer.runs));
  }
  if (answer.fields) {
    parts.push(
      trans._n('the secret in %1 text', 'the secret in %1 texts', answer.fields)
    );
  }
  if (answer.files) {
    parts.push(
      trans._n(
        'the content of %1 file',
        'the content of %1 files',
        answer.files
      )
    );
  }
  return `${parts.join(', ')} (${formatSize(answer.freed_bytes)}).`;
}
