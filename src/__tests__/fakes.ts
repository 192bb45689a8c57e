import { Signal } from '@lumino/signaling';
import type { MLOpsClient } from '../api/client';
import type { Curve, Run } from '../api/types';
import type { ChangeStream, IChanges } from '../model/changes';

/** A run with everything that a test does not care about. */
export function makeRun(run: Partial<Run> & { run_id: string }): Run {
  return {
    name: `run ${run.run_id}`,
    experiment_id: '1',
    experiment: 'iris',
    status: 'FINISHED',
    lifecycle_stage: 'active',
    start_time: 0,
    end_time: 1000,
    user: null,
    session_id: null,
    execution_id: null,
    notebook: null,
    parent_run_id: null,
    child_count: 0,
    implicit: false,
    error: null,
    error_execution_id: null,
    key_metric: null,
    note: '',
    verdict: null,
    params: {},
    metrics: {},
    tags: {},
    model_count: 0,
    archived: false,
    ...run
  };
}

export function makeCurve(curve: Partial<Curve>): Curve {
  return {
    run_id: 'a',
    key: 'loss',
    steps: [],
    timestamps: [],
    values: [],
    mins: [],
    maxs: [],
    count: 0,
    ...curve
  };
}

/** What a request asked for. */
export interface IAsked {
  readonly verb: string;
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number>>;
  readonly body?: unknown;
}

/** A server in memory: answers are functions of the request; what was asked is kept. */
export class FakeServer {
  readonly asked: IAsked[] = [];

  on(verb: string, path: string, answer: (asked: IAsked) => unknown): this {
    this._answers.set(`${verb} ${path}`, answer);
    return this;
  }

  /** Requests of one path. */
  requests(path: string): IAsked[] {
    return this.asked.filter(each => each.path === path);
  }

  get client(): MLOpsClient {
    const speak =
      (verb: string) =>
      (path: string, request: object = {}): Promise<unknown> => {
        const asked = { verb, path, ...request };
        this.asked.push(asked);
        const answer = this._answers.get(`${verb} ${path}`);
        return answer
          ? Promise.resolve().then(() => answer(asked))
          : Promise.reject(new Error(`no answer to ${verb} ${path}`));
      };
    return {
      get: speak('get'),
      put: speak('put'),
      post: speak('post'),
      patch: speak('patch'),
      delete: speak('delete'),
      blob: speak('blob')
    } as unknown as MLOpsClient;
  }

  private readonly _answers = new Map<string, (asked: IAsked) => unknown>();
}

/** A stream of changes that the test drives. */
export class FakeChanges {
  readonly changed = new Signal<this, IChanges>(this);
  readonly reconnected = new Signal<this, void>(this);

  /** Say that something changed. */
  emit(changes: Partial<IChanges>): void {
    this.changed.emit({
      runs: [],
      executions: [],
      sessions: [],
      models: [],
      pushes: [],
      imports: [],
      status: false,
      ...changes
    });
  }

  get stream(): ChangeStream {
    return this as unknown as ChangeStream;
  }
}
