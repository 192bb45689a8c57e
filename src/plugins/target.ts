import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { IMLOps } from '../tokens';

/** Which runs a command means: those in its arguments, those below the context menu, the selected. */
export function targetRuns(
  app: JupyterFrontEnd,
  mlops: IMLOps,
  args: ReadonlyPartialJSONObject
): string[] {
  const { selection } = mlops.runs;
  if (Array.isArray(args.runIds)) {
    return args.runIds as string[];
  }
  if (typeof args.runId === 'string') {
    return [args.runId];
  }
  const hit = args.context ? contextData(app, 'runId') : undefined;
  if (hit) {
    return selection.has(hit) ? [...selection] : [hit];
  }
  return [...selection];
}

/** Which version a command means. */
export function targetVersion(
  app: JupyterFrontEnd,
  args: ReadonlyPartialJSONObject
): { name: string; version: number } | null {
  const name = args.context ? contextData(app, 'model') : args.name;
  const version = args.context ? contextData(app, 'version') : args.version;
  return typeof name === 'string' && version !== undefined
    ? { name, version: Number(version) }
    : null;
}

function contextData(app: JupyterFrontEnd, key: string): string | undefined {
  const node = app.contextMenuHitTest(each => each.dataset[key] !== undefined);
  return node?.dataset[key];
}
