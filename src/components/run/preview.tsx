import { useEffect, useMemo } from 'react';
import type { Artifact } from '../../api/types';
import {
  parseTable,
  prettyJSON,
  PREVIEW_LIMIT,
  previewKind,
  ROW_LIMIT,
  shownPicture,
  TEXT_LIMIT
} from '../../model/preview';
import { Nothing, Problem } from '../basics';
import { Code } from '../hosted';
import { useFetched, useServices } from '../services';

interface IPreviewProps {
  readonly artifact: Artifact;
  readonly load: () => Promise<Blob>;
}

/** A look at a file. Nothing in it is run. */
export function Preview(props: IPreviewProps): JSX.Element {
  const { trans } = useServices();
  const kind = previewKind(props.artifact);
  if (kind === 'none') {
    return (
      <Nothing>
        {trans.__('There is no preview for this kind of file.')}
      </Nothing>
    );
  }
  if (props.artifact.size > PREVIEW_LIMIT) {
    return <Nothing>{trans.__('Too large for a preview.')}</Nothing>;
  }
  return kind === 'image' ? <Picture {...props} /> : <TextFile {...props} />;
}

/** An image, also a drawing in SVG: inside `img` its scripts do not run. */
export function Picture(props: IPreviewProps): JSX.Element | null {
  const { url, error } = usePicture(props);
  if (error) {
    return <Problem>{error}</Problem>;
  }
  return url ? (
    <img className="jp-MLOps-picture" src={url} alt={props.artifact.path} />
  ) : null;
}

/** The address of an image, as long as the view that shows it lives. */
export function usePicture(props: IPreviewProps): {
  url: string | null;
  error: string | null;
} {
  const { artifact } = props;
  const { value, error } = useFetched(artifact.digest, async () =>
    shownPicture(await props.load(), artifact.media_type)
  );
  const url = useMemo(
    () => (value instanceof Blob ? URL.createObjectURL(value) : value),
    [value]
  );
  useEffect(() => () => URL.revokeObjectURL(url ?? ''), [url]);
  return { url, error };
}

function TextFile(props: IPreviewProps): JSX.Element | null {
  const { artifact } = props;
  const { value, error } = useFetched(artifact.digest, async () =>
    (await props.load()).text()
  );
  if (error) {
    return <Problem>{error}</Problem>;
  }
  if (value === null) {
    return null;
  }
  switch (previewKind(artifact)) {
    case 'table':
      return <Table text={value} />;
    case 'html':
      return (
        <iframe
          className="jp-MLOps-frame"
          title={artifact.path}
          sandbox=""
          srcDoc={value}
        />
      );
    case 'json':
      return <Text text={prettyJSON(value)} language="json" />;
    default:
      return <Text text={value} language={languageOf(artifact.path)} />;
  }
}

function Text(props: { text: string; language: string }): JSX.Element {
  const { trans } = useServices();
  const cut = props.text.length > TEXT_LIMIT;
  return (
    <>
      <Code
        source={props.text.slice(0, TEXT_LIMIT)}
        language={props.language}
      />
      {cut && <Nothing>{trans.__('The rest is in the file.')}</Nothing>}
    </>
  );
}

function Table(props: { text: string }): JSX.Element {
  const { trans } = useServices();
  const [head = [], ...rows] = parseTable(props.text);
  return (
    <div
      className="jp-MLOps-csv"
      role="region"
      aria-label={trans.__('Table')}
      tabIndex={0}
    >
      <table>
        <thead>
          <tr>
            {head.map((name, i) => (
              <th key={i} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row, i) => (
            <tr key={i}>
              {row.map((field, j) => (
                <td key={j}>{field}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      {rows.length === ROW_LIMIT && (
        <Nothing>{trans.__('The rest is in the file.')}</Nothing>
      )}
    </div>
  );
}

const LANGUAGES: Record<string, string> = {
  py: 'python',
  md: 'markdown',
  yml: 'yaml',
  yaml: 'yaml',
  sql: 'sql',
  r: 'r',
  jl: 'julia',
  xml: 'xml'
};

function languageOf(path: string): string {
  return LANGUAGES[path.split('.').pop()?.toLowerCase() ?? ''] ?? 'text';
}
