import { useState } from 'react';
import type { Artifact, Comparison, Run, ValueRow } from '../../api/types';
import type { ComparisonModel } from '../../model/comparison';
import { Problem, Section } from '../basics';
import { Picture, usePicture } from '../run/preview';
import { useServices } from '../services';
import { Overlay } from './overlay';

const IMAGE = /\.(png|jpe?g|svg|gif|webp)$/i;

const MEDIA_TYPES: Record<string, string> = {
  svg: 'image/svg+xml',
  jpg: 'image/jpeg'
};

/** Figures of the runs beside each other. */
export function ComparedFigures(props: {
  model: ComparisonModel;
  comparison: Comparison;
}): JSX.Element | null {
  const { trans } = useServices();
  const { comparison } = props;
  const rows = comparison.artifacts.filter(row => IMAGE.test(row.key));
  if (rows.length === 0) {
    return null;
  }
  return (
    <Section title={trans.__('Figures')} count={rows.length}>
      {rows.map(row => (
        <Figure key={row.key} row={row} {...props} />
      ))}
    </Section>
  );
}

interface IFigureProps {
  row: ValueRow;
  model: ComparisonModel;
  comparison: Comparison;
}

function Figure(props: IFigureProps): JSX.Element {
  const { trans } = useServices();
  const { row, model, comparison } = props;
  const [overlaid, setOverlaid] = useState(false);
  // The first run that has another picture than the baseline.
  const other = row.values[0]
    ? row.values.findIndex(
        (value, index) => value && row.states[index] === 'changed'
      )
    : -1;
  return (
    <div className="jp-MLOps-figures">
      <div className="jp-MLOps-hint">{row.key}</div>
      {other > 0 && (
        <label className="jp-MLOps-check">
          <input
            type="checkbox"
            checked={overlaid}
            onChange={event => setOverlaid(event.target.checked)}
          />
          {trans.__('Pictures on top of each other')}
        </label>
      )}
      {overlaid ? (
        <OverlaidFigures {...props} first={other} />
      ) : (
        <div className="jp-MLOps-figures-row">
          {comparison.runs.map((run, index) => (
            <figure key={run.run_id}>
              <figcaption>{run.name}</figcaption>
              {row.values[index] === null ? (
                <span className="jp-MLOps-hint">{trans.__('none')}</span>
              ) : (
                <Picture {...pictureOf(row, index, model, run)} />
              )}
            </figure>
          ))}
        </div>
      )}
    </div>
  );
}

/** The baseline's picture over that of a chosen run. */
function OverlaidFigures(
  props: IFigureProps & { first: number }
): JSX.Element | null {
  const { trans } = useServices();
  const { row, model, comparison } = props;
  const [chosen, setChosen] = useState(props.first);
  const { runs } = comparison;
  const below = usePicture(pictureOf(row, 0, model, runs[0]));
  const above = usePicture(pictureOf(row, chosen, model, runs[chosen]));
  const error = below.error ?? above.error;
  if (error) {
    return <Problem>{error}</Problem>;
  }
  return (
    <>
      {runs.length > 2 && (
        <select
          className="jp-MLOps-select jp-MLOps-overlay-run"
          aria-label={trans.__('Run to compare with the baseline')}
          value={chosen}
          onChange={event => setChosen(Number(event.target.value))}
        >
          {runs.map(
            (run, index) =>
              index > 0 &&
              row.values[index] && (
                <option key={run.run_id} value={index}>
                  {run.name}
                </option>
              )
          )}
        </select>
      )}
      {below.url && above.url && (
        <Overlay
          urls={[below.url, above.url]}
          names={[runs[0].name, runs[chosen].name]}
        />
      )}
    </>
  );
}

function pictureOf(
  row: ValueRow,
  index: number,
  model: ComparisonModel,
  run: Run
): { artifact: Artifact; load: () => Promise<Blob> } {
  return {
    artifact: asArtifact(row.key, String(row.values[index])),
    load: () => model.artifact(run.run_id, row.key)
  };
}

function asArtifact(path: string, digest: string): Artifact {
  const ending = path.split('.').pop()?.toLowerCase() ?? '';
  return {
    path,
    digest,
    size: 0,
    media_type: MEDIA_TYPES[ending] ?? `image/${ending}`,
    execution_id: null
  };
}
