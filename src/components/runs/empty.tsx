import { attempt } from '../../report';
import { CommandIDs } from '../../tokens';
import { Switch } from '../basics';
import { useModel, useServices } from '../services';

/** The first thing that a new user sees: what will happen here, and how to prevent it. */
export function EmptyRecord(): JSX.Element {
  const { commands, mlops, trans } = useServices();
  const { status, recordAll, recording, isLocked } = useRecording();
  return (
    <div className="jp-MLOps-empty">
      <p className="jp-MLOps-empty-lead">
        {recording
          ? trans.__('Run a cell; it is recorded here.')
          : trans.__('Recording is off.')}
        <br />
        {trans.__('Nothing leaves this machine.')}
      </p>
      <p>
        {trans.__(
          'Recorded are: the cells that you run, in their order, with outputs and errors; models that you train, with their parameters, metrics and data; packages and the state of git.'
        )}
      </p>
      {status && (
        <p>
          {trans.__('It is kept in')}
          <br />
          <code className="jp-MLOps-path">{status.data_dir}</code>
        </p>
      )}
      <label className="jp-MLOps-empty-switch">
        <Switch
          label={trans.__('Record what I run')}
          checked={recording}
          disabled={!status || isLocked}
          onChange={on => void attempt(() => recordAll(on))}
        />
        {trans.__('Record what I run')}
      </label>
      <p className="jp-MLOps-hint">
        {mlops.notebook.kernelId
          ? trans.__('A run appears when a cell trains a model.')
          : trans.__('Open a notebook to begin.')}
      </p>
      <p>
        <button
          type="button"
          className="jp-MLOps-link"
          onClick={() => void commands.execute(CommandIDs.importRuns)}
        >
          {trans.__('Import runs of another tool …')}
        </button>
      </p>
    </div>
  );
}

function useRecording() {
  const { mlops } = useServices();
  const model = useModel(mlops.status);
  useModel(mlops.notebook);
  return {
    status: model.status,
    recording: model.status?.recording ?? true,
    isLocked: model.isLocked,
    recordAll: (on: boolean) => model.recordAll(on)
  };
}
