import { closeIcon } from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Curve, Run } from '../api/types';
import { CurveChart } from '../charts/curvechart';
import { chartIcon } from '../icons';
import { ChartsModel } from '../model/charts';
import { formatDuration, formatNumber } from '../model/format';
import { IProgress, progressOf } from '../model/progress';
import { CommandIDs } from '../tokens';
import { IconButton, Value } from './basics';
import { useFetched, useOwned, useServices } from './services';
import { RunDuration, StatusMark } from './status';

/** Curves in a card. */
const FEW = 4;

/** Points of a curve: the card is narrow. */
const PIXELS = 300;

/** What the run of a cell is doing; nothing until a metric has been logged twice. */
export function ProgressCard(props: {
  runId: string;
  onClose: () => void;
}): JSX.Element | null {
  const { mlops, trans } = useServices();
  const { runId } = props;
  const { client, changes } = mlops;
  const model = useOwned(
    runId,
    () => new ChartsModel({ client, changes, state: { runIds: [runId] } })
  );
  const keys = model.curves.slice(0, FEW);
  const { value: curves } = useFetched(
    `${runId} ${model.version(runId)} ${keys.join()}`,
    async () => {
      const asked = keys.map(key =>
        model.fetchCurves({ runIds: [runId], key, pixels: PIXELS })
      );
      return (await Promise.all(asked)).flat();
    }
  );
  const run = model.runs?.[0];
  if (!run || !curves || curves.length === 0) {
    return null;
  }
  return (
    <section
      className="jp-MLOps-progressCard"
      aria-label={trans.__('Progress of %1', run.name)}
      // The keys of the notebook are not meant.
      data-lm-suppress-shortcuts="true"
    >
      <Head run={run} curves={curves} onClose={props.onClose} />
      <div className="jp-MLOps-progressCard-curves">
        {curves.map(curve => (
          <LiveCurve key={curve.key} curve={curve} run={run} />
        ))}
      </div>
    </section>
  );
}

function Head(props: {
  run: Run;
  curves: readonly Curve[];
  onClose: () => void;
}): JSX.Element {
  const { commands, trans } = useServices();
  const { run, curves } = props;
  const progress = progressOf(run, curves);
  const open = (id: string) =>
    void commands.execute(id, { runId: run.run_id, runIds: [run.run_id] });
  return (
    <div className="jp-MLOps-progressCard-head">
      <StatusMark status={run.status} iconOnly />
      <button
        type="button"
        className="jp-MLOps-run-name"
        onClick={() => open(CommandIDs.openRun)}
      >
        {run.name}
      </button>
      {progress?.total && (
        <progress
          aria-label={trans.__('Steps done')}
          max={progress.total}
          value={progress.step}
        />
      )}
      <span className="jp-MLOps-progressCard-facts">
        {progress && <span>{stepsText(progress, trans)}</span>}
        <RunDuration run={run} />
        {progress?.stepsPerSecond && (
          <span>{trans.__('%1 steps/s', formatNumber(roughly(progress)))}</span>
        )}
        {progress?.left !== null && progress?.left !== undefined && (
          <span>
            {trans.__('%1 left', formatDuration(progress.left, trans))}
          </span>
        )}
      </span>
      <IconButton
        icon={chartIcon}
        label={trans.__('Open as charts')}
        onClick={() => open(CommandIDs.openCharts)}
      />
      <IconButton
        icon={closeIcon}
        label={trans.__('Hide the progress')}
        onClick={props.onClose}
      />
    </div>
  );
}

function stepsText(
  { step, total }: IProgress,
  trans: TranslationBundle
): string {
  return total === null
    ? trans.__('Step %1', step)
    : trans.__('Step %1 of %2', step, total);
}

/** A speed is never known to more than three digits. */
function roughly({ stepsPerSecond }: IProgress): number {
  return Number((stepsPerSecond ?? 0).toPrecision(3));
}

function LiveCurve(props: { curve: Curve; run: Run }): JSX.Element {
  const { curve, run } = props;
  return (
    <div className="jp-MLOps-progressCard-curve">
      <Value value={run.metrics[curve.key]} />
      <CurveChart title={curve.key} curves={[curve]} height={110} />
    </div>
  );
}
