import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';
import type { TranslationBundle } from '@jupyterlab/translation';
import { nullTranslator } from '@jupyterlab/translation';
import type { paths } from './schema';
import type { ErrorAnswer, QueryProblem } from './types';

const ROOT = 'mlops/api/v1';

type Verb = 'get' | 'put' | 'post' | 'patch' | 'delete';

/** Those paths that know the verb. */
type PathOf<V extends Verb> = {
  [P in keyof paths]: paths[P] extends { [K in V]: object } ? P : never;
}[keyof paths];

type Operation<P extends keyof paths, V extends Verb> = paths[P][V];

type Answer<O> = O extends {
  responses: { 200: { content: { 'application/json': infer A } } };
}
  ? A
  : never;

type Body<O> = O extends {
  requestBody: { content: { 'application/json': infer B } };
}
  ? B
  : undefined;

type Query<O> = O extends { parameters: { query?: infer Q } } ? Q : never;

type PathParameters<O> = O extends { parameters: { path: infer P } }
  ? P
  : undefined;

/** What a request carries; the types follow from path and verb. */
export interface IRequest<O> {
  readonly path?: PathParameters<O>;
  readonly query?: Query<O>;
  readonly body?: Body<O>;
  /** Nobody asked for it: it must not keep an idle server awake. */
  readonly background?: boolean;
}

/** The server said no: one sentence for the user, and a code to act on. */
export class MLOpsError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly status: number,
    /** Which word of a query is wrong, and what could stand there. */
    readonly problem: QueryProblem | null = null
  ) {
    super(message);
    this.name = 'MLOpsError';
  }
}

/** Speaks the REST API. Every path, parameter and answer is checked against the server's own schema. */
export class MLOpsClient {
  constructor(options: MLOpsClient.IOptions) {
    this._settings = options.serverSettings;
    this._trans = options.trans ?? nullTranslator.load('');
  }

  /** Where the server is. */
  get baseUrl(): string {
    return this._settings.baseUrl;
  }

  /** Ask for JSON. */
  get<P extends PathOf<'get'>>(
    path: P,
    request: IRequest<Operation<P, 'get'>> = {}
  ): Promise<Answer<Operation<P, 'get'>>> {
    return this._json('get', path, request);
  }

  put<P extends PathOf<'put'>>(
    path: P,
    request: IRequest<Operation<P, 'put'>>
  ): Promise<Answer<Operation<P, 'put'>>> {
    return this._json('put', path, request);
  }

  post<P extends PathOf<'post'>>(
    path: P,
    request: IRequest<Operation<P, 'post'>>
  ): Promise<Answer<Operation<P, 'post'>>> {
    return this._json('post', path, request);
  }

  patch<P extends PathOf<'patch'>>(
    path: P,
    request: IRequest<Operation<P, 'patch'>>
  ): Promise<Answer<Operation<P, 'patch'>>> {
    return this._json('patch', path, request);
  }

  delete<P extends PathOf<'delete'>>(
    path: P,
    request: IRequest<Operation<P, 'delete'>>
  ): Promise<Answer<Operation<P, 'delete'>>> {
    return this._json('delete', path, request);
  }

  /** Ask for bytes: an artifact, a packed model. */
  async blob<P extends PathOf<'get'>>(
    path: P,
    request: IRequest<Operation<P, 'get'>>
  ): Promise<Blob> {
    return (await this._send('get', path, request)).blob();
  }

  /** Ask for bytes that take a while; tells how many have come. */
  async download<P extends PathOf<'post'>>(
    path: P,
    request: IRequest<Operation<P, 'post'>>,
    signal: AbortSignal,
    onProgress: (bytes: number) => void
  ): Promise<Blob> {
    const response = await this._send('post', path, request, signal);
    const reader = response.body?.getReader();
    if (!reader) {
      return response.blob();
    }
    const pieces: BlobPart[] = [];
    let bytes = 0;
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return new Blob(pieces);
      }
      pieces.push(value);
      bytes += value.byteLength;
      onProgress(bytes);
    }
  }

  private async _json<V extends Verb, P extends keyof paths>(
    verb: V,
    path: P,
    request: IRequest<Operation<P, V>>
  ): Promise<Answer<Operation<P, V>>> {
    const response = await this._send(verb, path, request);
    return (await response.json()) as Answer<Operation<P, V>>;
  }

  private async _send(
    verb: Verb,
    path: string,
    request: IRequest<unknown>,
    signal?: AbortSignal
  ): Promise<Response> {
    const init: RequestInit = { method: verb.toUpperCase(), signal };
    if (request.body !== undefined) {
      init.body = JSON.stringify(request.body);
      init.headers = { 'Content-Type': 'application/json' };
    }
    const response = await ServerConnection.makeRequest(
      Private.url(this._settings.baseUrl, path, request),
      init,
      this._settings
    );
    if (!response.ok) {
      throw await Private.error(response, this._trans);
    }
    return response;
  }

  private readonly _settings: ServerConnection.ISettings;
  private readonly _trans: TranslationBundle;
}

export namespace MLOpsClient {
  /** What a client is made from. */
  export interface IOptions {
    readonly serverSettings: ServerConnection.ISettings;
    /** By default everything is said in English. */
    readonly trans?: TranslationBundle;
  }
}

namespace Private {
  type Value = string | number | boolean | null | undefined;

  /** Fill the path's holes and append the query. */
  export function url(
    baseUrl: string,
    path: string,
    request: IRequest<unknown>
  ): string {
    const values = (request.path ?? {}) as Record<string, string | number>;
    const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => {
      const encoded = encodeURIComponent(String(values[name]));
      // An artifact's path keeps its slashes; a metric's or a model's name does not.
      return name === 'path' ? encoded.replaceAll('%2F', '/') : encoded;
    });
    const query = search(request.query ?? {});
    if (request.background) {
      query.append('no_track_activity', '1');
    }
    const text = query.toString();
    return URLExt.join(baseUrl, ROOT) + filled + (text ? `?${text}` : '');
  }

  function search(query: Record<string, Value | Value[]>): URLSearchParams {
    const result = new URLSearchParams();
    for (const [name, value] of Object.entries(query)) {
      for (const item of Array.isArray(value) ? value : [value]) {
        if (item !== undefined && item !== null && item !== '') {
          result.append(name, String(item));
        }
      }
    }
    return result;
  }

  /** The server's own sentence where it sent one. */
  export async function error(
    response: Response,
    trans: TranslationBundle
  ): Promise<MLOpsError> {
    const text = await response.text();
    let answer: Partial<ErrorAnswer> = {};
    try {
      answer = JSON.parse(text) as Partial<ErrorAnswer>;
    } catch {
      // A proxy answered, in HTML.
    }
    if (response.status === 404 && !answer.error_code) {
      return new MLOpsError(
        'NO_SERVER_PART',
        trans.__(
          'The server part of jupyterlab-mlops is not loaded. Install jupyterlab-mlops where the server runs, or read in its log why it was not loaded.'
        ),
        404
      );
    }
    return new MLOpsError(
      answer.error_code ?? 'UNKNOWN',
      answer.message ?? `${response.status} ${response.statusText}`,
      response.status,
      answer.problem ?? null
    );
  }
}
