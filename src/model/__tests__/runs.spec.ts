import { beforeEach, describe, expect, it } from 'vitest';
import type { Run } from '../../api/types';
import {
  FakeChanges,
  FakeServer,
  IAsked,
  makeCurve,
  makeRun
} from '../../__tests__/fakes';
import { RunsModel } from '../runs';

const settled = () => new Promise(resolve => setTimeout(resolve, 5));

describe('RunsModel', () => {
  let server: FakeServer;
  let changes: FakeChanges;
  let stored: Run[];
  let model: RunsModel;

  /** Answer as the server does: newest first, a page at a time. */
  const search = ({ query = {} }: IAsked) => {
    const filter = String(query.filter ?? '');
    const ids = /run_id IN \(([^)]*)\)/.exec(filter)?.[1];
    const found = stored
      .filter(run => run.lifecycle_stage === 'active')
      .filter(run => (query.roots ? !run.parent_run_id : true))
      .filter(run => !ids || ids.includes(`'${run.run_id}'`))
      .filter(
        run => !query.parent_run_id || run.parent_run_id === query.parent_run_id
      )
      .filter(run => !query.text || run.name.includes(String(query.text)))
      .sort((a, b) => b.start_time - a.start_time);
    const start = Number(query.offset ?? 0);
    const end = start + Number(query.max_results);
    return {
      runs: found.slice(start, end),
      total: found.length,
      total_is_exact: true,
      offset: start
    };
  };

  const shown = () => model.rows.map(row => row.run.run_id);

  beforeEach(async () => {
    stored = [
      makeRun({ run_id: 'a', start_time: 1 }),
      makeRun({ run_id: 'b', start_time: 2, child_count: 1 }),
      makeRun({ run_id: 'b1', start_time: 3, parent_run_id: 'b' })
    ];
    changes = new FakeChanges();
    server = new FakeServer()
      .on('get', '/runs', search)
      .on('get', '/curves', () => [])
      .on('get', '/experiments', () => [])
      .on('post', '/runs/delete', ({ body }) => {
        const { run_ids } = body as { run_ids: string[] };
        stored = stored.map(run =>
          run_ids.includes(run.run_id)
            ? { ...run, lifecycle_stage: 'deleted' }
            : run
        );
        return [];
      })
      .on('post', '/runs/restore', () => {
        stored = stored.map(run => ({ ...run, lifecycle_stage: 'active' }));
        return [];
      });
    model = new RunsModel({ client: server.client, changes: changes.stream });
    await settled();
  });

  it('shows runs newest first, children folded away', () => {
    expect(shown()).toEqual(['b', 'a']);
    expect(model.total).toBe(2);
  });

  it('folds children out below their parent', async () => {
    await model.expand('b', true);
    expect(shown()).toEqual(['b', 'b1', 'a']);
    await model.expand('b', false);
    expect(shown()).toEqual(['b', 'a']);
  });

  it('fetches only the run that changed, and puts it into its place', async () => {
    stored.push(makeRun({ run_id: 'c', start_time: 4 }));
    changes.emit({ runs: ['c'] });
    await settled();
    expect(shown()).toEqual(['c', 'b', 'a']);
    expect(model.total).toBe(3);
    const [, ...later] = server.requests('/runs');
    expect(later).toHaveLength(1);
    expect(later[0].query?.filter).toContain("run_id IN ('c')");
  });

  it('lets a run leave the list when it no longer matches', async () => {
    stored = stored.filter(run => run.run_id !== 'a');
    changes.emit({ runs: ['a'] });
    await settled();
    expect(shown()).toEqual(['b']);
  });

  it('keeps the selection when runs come and go', async () => {
    model.select('a', true);
    stored.push(makeRun({ run_id: 'c', start_time: 4 }));
    changes.emit({ runs: ['c'] });
    await settled();
    expect([...model.selection]).toEqual(['a']);
  });

  it('takes deleted runs out at once, and brings them back', async () => {
    model.select('a', true);
    await model.remove(['a']);
    expect(shown()).toEqual(['b']);
    expect(model.selection.size).toBe(0);
    await model.restore(['a']);
    expect(shown()).toEqual(['b', 'a']);
  });

  it('shows found children flat', async () => {
    await model.search({ search: 'run b' });
    expect(shown()).toEqual(['b1', 'b']);
  });

  it('keeps what it shows when a filter is not understood, and says why', async () => {
    server.on('get', '/runs', () => {
      throw new Error('The filter ends too early.');
    });
    await model.search({ search: 'metrics.a >' });
    expect(model.error).toBe('The filter ends too early.');
    expect(shown()).toEqual(['b', 'a']);
  });

  it('goes on saying it while other answers come', async () => {
    server.on('get', '/runs', () => {
      throw new Error('The filter ends too early.');
    });
    await model.search({ search: 'metrics.a >' });
    changes.emit({ runs: ['a'] });
    await settled();
    expect(server.requests('/experiments').length).toBeGreaterThan(1);
    expect(model.error).toBe('The filter ends too early.');
    server.on('get', '/runs', search);
    await model.search({ search: '' });
    expect(model.error).toBeNull();
  });

  it('lists runs although their curves fail', async () => {
    server.on('get', '/curves', () => {
      throw new Error('no curve today');
    });
    stored.push(makeRun({ run_id: 'c', start_time: 4, key_metric: 'loss' }));
    changes.emit({ runs: ['c'] });
    await settled();
    expect(server.requests('/curves')).toHaveLength(1);
    expect(shown()).toEqual(['c', 'b', 'a']);
    expect(model.error).toBeNull();
  });

  it('loads page after page, without a run twice', async () => {
    stored = Array.from({ length: 120 }, (_, i) =>
      makeRun({ run_id: `r${i}`, start_time: i })
    );
    await model.reload();
    expect(model.runs).toHaveLength(50);
    expect(model.hasMore).toBe(true);
    await model.loadMore();
    await model.loadMore();
    expect(model.runs).toHaveLength(120);
    expect(new Set(shown()).size).toBe(120);
    expect(model.hasMore).toBe(false);
  });

  it('fetches everything anew after the connection was lost', async () => {
    stored.push(makeRun({ run_id: 'c', start_time: 4 }));
    changes.reconnected.emit();
    await settled();
    expect(shown()).toEqual(['c', 'b', 'a']);
  });

  it('follows the small curve of a run that it shows', async () => {
    stored = [makeRun({ run_id: 'a', start_time: 1, key_metric: 'loss' })];
    server.on('get', '/curves', () => [
      makeCurve({ values: [3, 2, 1], count: 3 })
    ]);
    changes.emit({ runs: ['a'] });
    await settled();

    expect(model.sparklines.get(stored[0])?.values).toEqual([3, 2, 1]);
  });
});
