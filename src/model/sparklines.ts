import type { MLOpsClient } from '../api/client';
import type { Curve, Run } from '../api/types';
import { ObservableModel } from './observable';

/** Points are not drawn finer than this. */
const PIXELS = 48;

/** The server refuses longer lists. */
const BATCH = 100;

/** A run, as far as its small curve needs it. */
type Known = Pick<Run, 'run_id' | 'key_metric'>;

/** The small curves of the runs that are shown. */
export class Sparklines extends ObservableModel {
  constructor(client: MLOpsClient) {
    super();
    this._client = client;
  }

  /** Of the run's key metric; undefined where there is none, or one point only. */
  get(run: Known): Curve | undefined {
    const curve = this._curves.get(run.run_id);
    return curve && curve.key === run.key_metric && curve.count > 1
      ? curve
      : undefined;
  }

  /** Fetch the curves that were never asked for. */
  async fetchMissing(runs: readonly Run[]): Promise<void> {
    const missing = runs.filter(run => !this._asked.has(run.run_id));
    missing.forEach(run => this._asked.add(run.run_id));
    await this.fetch(missing);
  }

  /** These runs have changed. */
  forget(runIds: readonly string[]): void {
    runIds.forEach(runId => this._asked.delete(runId));
  }

  /** Fetch the curves of these runs, a request for each key metric. */
  async fetch(runs: readonly Known[]): Promise<void> {
    const batches = Private.byKeyMetric(runs).map(([key, ids]) =>
      this._client.get('/curves', {
        query: { run_id: ids, key: [key], pixels: PIXELS },
        background: true
      })
    );
    // The list is right without a curve, and the next change asks for it again.
    for (const answer of await Promise.allSettled(batches)) {
      if (answer.status === 'fulfilled') {
        answer.value.forEach(curve => this._curves.set(curve.run_id, curve));
      }
    }
    if (batches.length > 0) {
      this.touch();
    }
  }

  private readonly _client: MLOpsClient;
  private readonly _asked = new Set<string>();
  private readonly _curves = new Map<string, Curve>();
}

namespace Private {
  /** Ids of the runs by key metric, in lists that the server accepts. */
  export function byKeyMetric(runs: readonly Known[]): [string, string[]][] {
    const groups = new Map<string, string[]>();
    for (const run of runs) {
      if (run.key_metric) {
        const ids = groups.get(run.key_metric) ?? [];
        groups.set(run.key_metric, [...ids, run.run_id]);
      }
    }
    return [...groups].flatMap(([key, ids]) => {
      const count = Math.ceil(ids.length / BATCH);
      return Array.from({ length: count }, (_, i): [string, string[]] => [
        key,
        ids.slice(i * BATCH, (i + 1) * BATCH)
      ]);
    });
  }
}
