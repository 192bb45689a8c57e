import type { TranslationBundle } from '@jupyterlab/translation';
import type { ImportReport } from '../api/types';
import { formatSize } from '../model/format';
import type { ImportFormModel } from '../model/imports';
import { Problem } from './basics';
import { ComboBox } from './combobox';
import { useModel, useServices } from './services';

/** How much of what was left is listed. */
const MOST_LEFT = 100;

/** Asks what is to be imported. */
export function ImportForm(props: { form: ImportFormModel }): JSX.Element {
  const { trans } = useServices();
  const form = useModel(props.form);
  return (
    <div className="jp-MLOps-form">
      <div className="jp-MLOps-field">
        <span aria-hidden="true">{trans.__('Where it is')}</span>
        <ComboBox
          label={trans.__(
            'Path of a file or folder, or a server that is set up'
          )}
          placeholder={trans.__('such as mlruns or runs.zip')}
          value={form.source}
          onChange={source => form.setSource(source)}
          options={form.suggestions}
          invalid={form.problem !== null}
          autoFocus
        />
        <span className="jp-MLOps-hint" role="status">
          {hint(form, trans)}
        </span>
      </div>
      <label className="jp-MLOps-check">
        <input
          type="checkbox"
          checked={form.files}
          onChange={event => form.setFiles(event.target.checked)}
        />
        {trans.__('With files and models')}
      </label>
      {form.problem && <Problem>{form.problem}</Problem>}
    </div>
  );
}

function hint(form: ImportFormModel, trans: TranslationBundle): string {
  if (form.kind !== null) {
    return form.kind === 'archive'
      ? trans.__('Runs that another record has handed on.')
      : trans.__('Recognised: %1.', form.kind);
  }
  return (
    form.hindrance ??
    trans.__(
      'Records of MLflow, TensorBoard, Weights & Biases, trackio, ClearML, DVC, Aim; tables; runs exported here.'
    )
  );
}

/** What an import did, and what it could not take. */
export function ImportSummary(props: { report: ImportReport }): JSX.Element {
  const { trans } = useServices();
  const { left, ...report } = props.report;
  const more = (left ?? []).length - MOST_LEFT;
  return (
    <div className="jp-MLOps-form">
      <p>
        {trans.__(
          '%1 new runs, %2 known before, %3 points, %4 files (%5), %6 models, %7 versions.',
          report.runs ?? 0,
          report.known ?? 0,
          (report.points ?? 0).toLocaleString(),
          report.files ?? 0,
          formatSize(report.bytes ?? 0),
          report.models ?? 0,
          report.versions ?? 0
        )}
      </p>
      {left && left.length > 0 && (
        <>
          <p>{trans.__('Not taken over:')}</p>
          <ul className="jp-MLOps-left">
            {left.slice(0, MOST_LEFT).map((each, index) => (
              <li key={index}>
                {each.what}: {each.why}
              </li>
            ))}
          </ul>
          {more > 0 && <p>{trans.__('… and %1 more.', more)}</p>}
        </>
      )}
    </div>
  );
}
