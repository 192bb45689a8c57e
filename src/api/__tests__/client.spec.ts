import { ServerConnection } from '@jupyterlab/services';
import { describe, expect, it } from 'vitest';
import { MLOpsClient, MLOpsError } from '../client';

/** A client whose requests are kept, and answered with `response`. */
function makeClient(response: () => Response): {
  client: MLOpsClient;
  requests: Request[];
} {
  const requests: Request[] = [];
  const serverSettings = ServerConnection.makeSettings({
    baseUrl: 'http://127.0.0.1:1234/user/a%40b/',
    fetch: request => {
      requests.push(request as Request);
      return Promise.resolve(response());
    }
  });
  return { client: new MLOpsClient({ serverSettings }), requests };
}

const json =
  (value: unknown, status = 200) =>
  () =>
    new Response(JSON.stringify(value), { status });

describe('MLOpsClient', () => {
  it('stays below the base URL of the server, escapes and all', async () => {
    const { client, requests } = makeClient(json({}));
    await client.get('/runs/{run_id}', { path: { run_id: 'abc' } });
    expect(new URL(requests[0].url).pathname).toBe(
      '/user/a%40b/mlops/api/v1/runs/abc'
    );
  });

  it('repeats a parameter for each of its values and leaves out what is not given', async () => {
    const { client, requests } = makeClient(json([]));
    await client.get('/curves', {
      query: { run_id: ['a', 'b'], key: ['train/loss'], pixels: 48 }
    });
    const query = new URL(requests[0].url).searchParams;
    expect(query.getAll('run_id')).toEqual(['a', 'b']);
    expect(query.getAll('key')).toEqual(['train/loss']);
    expect(query.has('start_step')).toBe(false);
  });

  it('keeps the slashes of an artifact, but not those of a metric', async () => {
    const { client, requests } = makeClient(json({}));
    await client.blob('/runs/{run_id}/artifacts/{path}', {
      path: { run_id: 'a', path: 'plots/über 1#.png' }
    });
    await client.get('/runs/{run_id}/metrics/{key}', {
      path: { run_id: 'a', key: 'train/loss' }
    });
    expect(requests[0].url).toContain('/artifacts/plots/%C3%BCber%201%23.png');
    expect(requests[1].url).toContain('/metrics/train%2Floss');
  });

  it('does not keep an idle server awake when nobody asked', async () => {
    const { client, requests } = makeClient(json({}));
    await client.get('/status', { background: true });
    expect(requests[0].url).toContain('no_track_activity=1');
  });

  it("gives the server's own sentence when it refuses", async () => {
    const { client } = makeClient(
      json(
        { error_code: 'INVALID_PARAMETER_VALUE', message: 'No such key.' },
        400
      )
    );
    const error = (await client
      .get('/runs', { query: { filter: 'x' } })
      .catch(reason => reason as unknown)) as MLOpsError;
    expect(error).toBeInstanceOf(MLOpsError);
    expect(error).toMatchObject({
      code: 'INVALID_PARAMETER_VALUE',
      message: 'No such key.',
      status: 400
    });
  });

  it('says what is missing when the server has no such part', async () => {
    const { client } = makeClient(
      () => new Response('<h1>No</h1>', { status: 404 })
    );
    await expect(client.get('/status')).rejects.toThrow('is not loaded');
  });

  it('says the status when a proxy answers in HTML', async () => {
    const { client } = makeClient(
      () =>
        new Response('<h1>Bad</h1>', { status: 502, statusText: 'Bad Gateway' })
    );
    await expect(client.get('/status')).rejects.toThrow('502 Bad Gateway');
  });
});
