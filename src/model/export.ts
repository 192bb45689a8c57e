import type { MLOpsClient } from '../api/client';
import { NAME, parseColumn, requestedColumns } from './columns';
import { both } from './query';
import type { RunTableModel } from './table';

export type ExportFormat = 'csv' | 'json';

/** The rows and columns of a table as a file. */
export function exportRuns(
  client: MLOpsClient,
  table: RunTableModel,
  format: ExportFormat
): Promise<Blob> {
  return client.blob('/export', {
    query: {
      ...table.ask({}),
      columns: requestedColumns(table.shown),
      format
    }
  });
}

/** Attributes as the command line names them in its answer. */
const NAMES: Readonly<Record<string, string>> = {
  run_name: 'name',
  user_id: 'user'
};

/** Attributes that are made in the browser. */
const MADE = new Set(['curve', 'duration', 'tags']);

/** Python that loads the rows and columns of a table as a DataFrame. */
export function dataFrameSource(table: RunTableModel): string {
  const { filter, text, experiment, view, roots, order_by } = table.ask({});
  const topLevel = roots ? 'attributes.parent_run_id IS NULL' : '';
  const options = [
    ...option('--filter', both(filter, topLevel)),
    ...option('--text', text),
    ...(experiment ?? []).flatMap(name => option('--experiment', name)),
    ...option('--view', view),
    ...(order_by ?? []).flatMap(term => option('--order-by', term))
  ];
  const columns = ['run_id', ...[NAME, ...table.shown].flatMap(columnName)];
  return `import json
import subprocess
import sys

import pandas as pd

command = [sys.executable, "-m", "jupyter", "mlops", "runs", "--json"]
command += ${list(options)}
answer = subprocess.run(command, stdout=subprocess.PIPE, check=True, text=True)
runs = pd.json_normalize(json.loads(answer.stdout))
runs = runs.reindex(columns=${list(columns)})
runs`;
}

function option(name: string, value: string | undefined): string[] {
  return value ? [name, value] : [];
}

function columnName(id: string): string[] {
  const { kind, key } = parseColumn(id);
  if (kind !== 'attributes') {
    return [id];
  }
  return MADE.has(key) ? [] : [NAMES[key] ?? key];
}

/** A list of texts in Python, a line each where they are many. */
function list(texts: readonly string[]): string {
  // A text in JSON is the same text in Python.
  const items = texts.map(text => JSON.stringify(text));
  const line = `[${items.join(', ')}]`;
  return line.length <= 80 ? line : `[\n    ${items.join(',\n    ')},\n]`;
}
