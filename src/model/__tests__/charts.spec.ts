import { describe, expect, it, vi } from 'vitest';
import {
  FakeChanges,
  FakeServer,
  makeCurve,
  makeRun
} from '../../__tests__/fakes';
import { ChartCurves } from '../chartcurves';
import { ChartsModel } from '../charts';
import { fromLink, toLink } from '../chartslink';

function open(count = 1000) {
  const server = new FakeServer()
    .on('get', '/runs', () => ({
      runs: ['a', 'b'].map(run_id =>
        makeRun({ run_id, metrics: { loss: 1 }, key_metric: 'loss' })
      ),
      total: 2,
      total_is_exact: true,
      next_page_token: null
    }))
    .on('get', '/metrics', () => [
      { key: 'final', run_count: 2, most_points: 1 },
      { key: 'loss', run_count: 2, most_points: 1000 }
    ])
    .on('get', '/curves', ({ query }) =>
      ([query?.run_id].flat() as string[]).map(run_id =>
        makeCurve({
          run_id,
          steps: [0, 500],
          timestamps: [0, 500],
          values: [1, 2],
          count
        })
      )
    );
  const changes = new FakeChanges();
  const model = new ChartsModel({
    client: server.client,
    changes: changes.stream,
    state: { runIds: ['b', 'a'] }
  });
  return { server, changes, model };
}

async function draw(count?: number) {
  const opened = open(count);
  await opened.model.refresh();
  const curves = new ChartCurves(opened.model, 'loss');
  curves.setWidth(390);
  await curves.refresh();
  return { ...opened, curves };
}

describe('ChartsModel', () => {
  it('shows the curves that there are, of the runs in their order', async () => {
    const { model } = await draw();
    expect(model.runs?.map(run => run.run_id)).toEqual(['b', 'a']);
    expect(model.curves).toEqual(['loss']);
    expect(model.target).toBe('loss');
  });

  it('keeps a run in its colour when another is hidden', async () => {
    const { model } = await draw();
    expect(model.style('b')).toBe(0);
    expect(model.style('a')).toBe(1);
    model.toggleRun('b');
    expect(model.shown.map(run => model.style(run.run_id))).toEqual([1]);
  });
});

describe('ChartCurves', () => {
  it('asks once for all runs, and again only for those that changed', async () => {
    const { server, changes, model, curves } = await draw();
    expect(server.requests('/curves')).toHaveLength(1);
    model.set({ smoothing: 0.5 });
    await curves.refresh();
    expect(server.requests('/curves')).toHaveLength(1);

    changes.emit({ runs: ['a', 'stranger'] });
    await vi.waitFor(() => expect(server.requests('/curves')).toHaveLength(2));
    expect(server.requests('/curves')[1].query?.run_id).toEqual(['a']);
  });

  it('fetches finer curves of what is zoomed into, where there is more', async () => {
    const { server, model, curves } = await draw();
    model.set({ zoom: [100.5, 200.5] });
    await curves.refresh();
    expect(server.requests('/curves').at(-1)?.query).toMatchObject({
      start_step: 100,
      end_step: 201,
      pixels: 400
    });

    const exact = await draw(2);
    exact.model.set({ zoom: [100, 200] });
    await exact.curves.refresh();
    expect(exact.server.requests('/curves')).toHaveLength(1);
  });
});

describe('a link', () => {
  it('restores what was chosen', async () => {
    const { model } = await draw();
    model.set({ axis: 'wall', smoothing: 0.5, groupBy: 'params.größe & co' });
    expect(fromLink(`?${toLink(model.state)}`)).toEqual({
      runIds: ['b', 'a'],
      axis: 'wall',
      smoothing: 0.5,
      groupBy: 'params.größe & co'
    });
  });

  it.each([
    'no json',
    '[]',
    '{"runIds": ["x\' OR 1"]}',
    '{"axis": "moon"}',
    '{"smoothing": 3}',
    '{"strange": 1}'
  ])('that is damaged opens nothing: %s', text => {
    expect(fromLink(`?mlops-charts=${encodeURIComponent(text)}`)).toBeNull();
  });
});
