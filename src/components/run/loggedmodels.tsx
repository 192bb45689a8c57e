import type { LoggedModel, RunDetails } from '../../api/types';
import { formatSize } from '../../model/format';
import { CommandIDs } from '../../tokens';
import { TextButton } from '../basics';
import { useServices } from '../services';

/** A column or a tensor of a model's signature, as MLflow writes it. */
interface ISignaturePart {
  readonly name?: string;
  readonly type?: string;
  readonly 'tensor-spec'?: { readonly dtype: string; readonly shape: number[] };
}

/** Fitted models of a run: what they are, and the way to a registered version. */
export function LoggedModels(props: { details: RunDetails }): JSX.Element {
  return (
    <ul className="jp-MLOps-plain">
      {props.details.models.map(model => (
        <Model key={model.model_id} model={model} details={props.details} />
      ))}
    </ul>
  );
}

function Model(props: {
  model: LoggedModel;
  details: RunDetails;
}): JSX.Element {
  const { trans, commands } = useServices();
  const { model } = props;
  const versions = props.details.versions.filter(
    version => version.model_id === model.model_id
  );
  return (
    <li className="jp-MLOps-model">
      <div className="jp-MLOps-line">
        <strong title={model.class_name}>{model.name}</strong>
        {versions.map(version => (
          <span
            key={`${version.name} ${version.version}`}
            className="jp-MLOps-badge"
          >
            {trans.__('%1 v%2', version.name, version.version)}
          </span>
        ))}
        <TextButton
          onClick={() =>
            void commands.execute(CommandIDs.registerModel, {
              runId: model.run_id,
              modelId: model.model_id
            })
          }
        >
          {trans.__('Register')}
        </TextButton>
      </div>
      <dl className="jp-MLOps-facts">
        <dt>{trans.__('Class')}</dt>
        <dd>
          <code>{model.class_name}</code>
        </dd>
        <dt>{trans.__('Format')}</dt>
        <dd>
          <Format model={model} />
        </dd>
        <Signature title={trans.__('Inputs')} parts={model.signature.inputs} />
        <Signature
          title={trans.__('Outputs')}
          parts={model.signature.outputs}
        />
        {model.requirements.length > 0 && (
          <>
            <dt>{trans.__('Needs')}</dt>
            <dd>{model.requirements.join(', ')}</dd>
          </>
        )}
      </dl>
    </li>
  );
}

function Format(props: { model: LoggedModel }): JSX.Element {
  const { trans } = useServices();
  const { model } = props;
  return (
    <>
      {model.format === 'reference'
        ? trans.__('in the memory of the kernel; written when it is registered')
        : model.format}
      {model.size !== null && `, ${formatSize(model.size)}`}
      {model.runs_code && (
        <span
          className="jp-MLOps-badge jp-mod-warn"
          title={trans.__(
            'Loading a pickle can run any code. Load it only if you trust who made it.'
          )}
        >
          {trans.__('runs code when loaded')}
        </span>
      )}
    </>
  );
}

function Signature(props: {
  title: string;
  parts: unknown;
}): JSX.Element | null {
  if (!Array.isArray(props.parts) || props.parts.length === 0) {
    return null;
  }
  const text = (props.parts as ISignaturePart[]).map(describe).join(', ');
  return (
    <>
      <dt>{props.title}</dt>
      <dd className="jp-MLOps-clamp" title={text}>
        {text}
      </dd>
    </>
  );
}

function describe(part: ISignaturePart): string {
  const spec = part['tensor-spec'];
  const type = spec ? `${spec.dtype}[${spec.shape.join(' × ')}]` : part.type;
  return part.name ? `${part.name}: ${type ?? '?'}` : (type ?? '?');
}
