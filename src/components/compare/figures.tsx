import type { Artifact, Comparison } from '../../api/types';
import type { ComparisonModel } from '../../model/comparison';
import { Section } from '../basics';
import { Picture } from '../run/preview';
import { useServices } from '../services';

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
  const { model, comparison } = props;
  const rows = comparison.artifacts.filter(row => IMAGE.test(row.key));
  if (rows.length === 0) {
    return null;
  }
  return (
    <Section title={trans.__('Figures')} count={rows.length}>
      {rows.map(row => (
        <div key={row.key} className="jp-MLOps-figures">
          <div className="jp-MLOps-hint">{row.key}</div>
          <div className="jp-MLOps-figures-row">
            {comparison.runs.map((run, index) => (
              <figure key={run.run_id}>
                <figcaption>{run.name}</figcaption>
                {row.values[index] === null ? (
                  <span className="jp-MLOps-hint">{trans.__('none')}</span>
                ) : (
                  <Picture
                    artifact={asArtifact(row.key, String(row.values[index]))}
                    load={() => model.artifact(run.run_id, row.key)}
                  />
                )}
              </figure>
            ))}
          </div>
        </div>
      ))}
    </Section>
  );
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
