import type { Artifact } from '../api/types';

/** How a file is shown. `none`: its bytes say nothing to people. */
export type PreviewKind = 'image' | 'table' | 'json' | 'html' | 'text' | 'none';

/** Larger files are not fetched for a look at them. */
export const PREVIEW_LIMIT = 5_000_000;

/** Text beyond this is cut in the preview. */
export const TEXT_LIMIT = 100_000;

/** Rows of a table in the preview. */
export const ROW_LIMIT = 100;

const TEXT_ENDINGS =
  /\.(txt|md|log|py|ipynb|ya?ml|toml|cfg|ini|sql|sh|r|jl|xml|tex)$/i;

/** By media type, else by the name's ending. */
export function previewKind(artifact: Artifact): PreviewKind {
  const type = artifact.media_type ?? '';
  const path = artifact.path.toLowerCase();
  if (type.startsWith('image/')) {
    return 'image';
  }
  if (/csv|tab-separated/.test(type) || /\.[ct]sv$/.test(path)) {
    return 'table';
  }
  if (/\bjson\b|\+json/.test(type) || /\.(json|ipynb)$/.test(path)) {
    return 'json';
  }
  if (type === 'text/html' || path.endsWith('.html')) {
    return 'html';
  }
  return type.startsWith('text/') || TEXT_ENDINGS.test(path) ? 'text' : 'none';
}

/** Rows and columns of comma or tab separated text, with quotes as RFC 4180 has them. */
export function parseTable(text: string, limit = ROW_LIMIT): string[][] {
  const separator = text.slice(0, text.indexOf('\n') + 1).includes('\t')
    ? '\t'
    : ',';
  const rows: string[][] = [];
  let row: string[] = [];
  let field = '';
  let quoted = false;
  const endRow = () => {
    row.push(field);
    if (row.length > 1 || field !== '') {
      rows.push(row);
    }
    row = [];
    field = '';
  };
  for (let i = 0; i < text.length && rows.length <= limit; i++) {
    const char = text[i];
    if (quoted) {
      if (char === '"' && text[i + 1] === '"') {
        field += char;
        i += 1;
      } else if (char === '"') {
        quoted = false;
      } else {
        field += char;
      }
    } else if (char === '"') {
      quoted = true;
    } else if (char === separator) {
      row.push(field);
      field = '';
    } else if (char === '\n') {
      endRow();
    } else if (char !== '\r') {
      field += char;
    }
  }
  endRow();
  return rows.slice(0, limit + 1);
}

/** JSON with line breaks; the text itself where it is none. */
export function prettyJSON(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

const PICTURES = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

/**
 * What an `img` shows of a file. A drawing becomes an address that has no origin: opened in a tab of
 * its own, as a browser's menu offers it, an object's address would have that of this page.
 */
export async function shownPicture(
  file: Blob,
  type: string | null | undefined
): Promise<Blob | string> {
  const said = type ?? file.type;
  if (/svg|xml|html/i.test(said)) {
    return `data:image/svg+xml,${encodeURIComponent(await file.text())}`;
  }
  const known = PICTURES.find(each => said.startsWith(each));
  // An image of another kind is known by its first bytes.
  return new Blob([file], { type: known ?? PICTURES[0] });
}

/** The first picture among outputs, as an address that an `img` shows: nothing in it is run. */
export function pictureIn(
  outputs: readonly Record<string, unknown>[]
): string | null {
  for (const output of outputs) {
    const data = (output.data ?? {}) as Record<string, string | string[]>;
    const text = (type: string) => [data[type]].flat().join('');
    const type = PICTURES.find(each => each in data);
    if (type) {
      return `data:${type};base64,${text(type).trim()}`;
    }
    if ('image/svg+xml' in data) {
      const svg = encodeURIComponent(text('image/svg+xml'));
      return `data:image/svg+xml,${svg}`;
    }
  }
  return null;
}
