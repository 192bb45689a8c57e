import { beforeEach, describe, expect, it } from 'vitest';
import type { Run } from '../../api/types';
import {
  FakeChanges,
  FakeServer,
  IAsked,
  makeRun
} from '../../__tests__/fakes';
import { ITableState, RunTableModel } from '../table';

const settled = () => new Promise(resolve => setTimeout(resolve, 5));

describe('RunTableModel', () => {
  let server: FakeServer;
  let changes: FakeChanges;
  let stored: Run[];
  let model: RunTableModel;

  const answer = ({ query = {} }: IAsked) => {
    const ids = /run_id IN \(([^)]*)\)/.exec(String(query.filter))?.[1];
    const found = stored.filter(run => !ids || ids.includes(`'${run.run_id}'`));
    const start = Number(query.page_token ?? 0);
    const end = start + Number(query.max_results);
    return {
      runs: found.slice(start, end),
      total: found.length,
      total_is_exact: true,
      next_page_token: end < found.length ? String(end) : null
    };
  };
  const lastQuery = () => server.requests('/runs').slice(-1)[0].query;

  beforeEach(async () => {
    stored = Array.from({ length: 450 }, (_, i) =>
      makeRun({ run_id: `r${i}.`, metrics: { acc: i }, params: { n: `${i}` } })
    );
    changes = new FakeChanges();
    server = new FakeServer().on('get', '/runs', answer);
    model = new RunTableModel({
      client: server.client,
      changes: changes.stream
    });
    await settled();
  });

  it('loads page after page, and no further than there is', async () => {
    expect(model.runs).toHaveLength(200);
    await model.loadMore();
    await model.loadMore();
    await model.loadMore();
    expect(model.runs).toHaveLength(450);
    expect(server.requests('/runs')).toHaveLength(3);
  });

  it('asks for one page at a time', async () => {
    await Promise.all([model.loadMore(), model.loadMore()]);
    expect(model.runs).toHaveLength(400);
  });

  it('lets the server sort: down, up, not at all', async () => {
    await model.sortBy('metrics.acc', false);
    expect(lastQuery()?.order_by).toEqual(['metrics.acc DESC']);
    await model.sortBy('metrics.acc', false);
    expect(lastQuery()?.order_by).toEqual(['metrics.acc ASC']);
    await model.sortBy('metrics.acc', false);
    expect(lastQuery()?.order_by).toEqual([]);
  });

  it('sorts by several columns, each in its place', async () => {
    await model.sortBy('metrics.acc', false);
    await model.sortBy('params.n', true);
    await model.sortBy('metrics.acc', true);
    expect(lastQuery()?.order_by).toEqual(['metrics.acc ASC', 'params.n DESC']);
    await model.sortBy('metrics.acc', true);
    expect(lastQuery()?.order_by).toEqual(['params.n DESC']);
  });

  it('begins anew when the order changes', async () => {
    await model.loadMore();
    await model.sortBy('metrics.acc', false);
    expect(model.runs).toHaveLength(200);
  });

  it('forgets an answer that was overtaken', async () => {
    const first = model.search({ search: 'slow' });
    const second = model.search({ search: 'fast' });
    await Promise.all([first, second]);
    expect(lastQuery()?.text).toBe('fast');
    expect(model.error).toBeNull();
  });

  it('shows new runs at once to somebody who looks at the top', async () => {
    stored.unshift(makeRun({ run_id: 'new.' }));
    changes.emit({ runs: ['new.'] });
    await settled();
    expect(model.runs[0].run_id).toBe('new.');
    expect(model.waiting).toBe(0);
  });

  it('lets new runs wait, and changes the others in place, further down', async () => {
    model.follow = false;
    stored.unshift(makeRun({ run_id: 'new.' }));
    stored[5] = { ...stored[5], name: 'renamed' };
    changes.emit({ runs: ['new.', 'r4.'] });
    await settled();
    expect(model.runs[0].run_id).toBe('r0.');
    expect(model.runs[4].name).toBe('renamed');
    expect(model.waiting).toBe(1);
    await model.reload();
    expect(model.runs[0].run_id).toBe('new.');
    expect(model.waiting).toBe(0);
  });

  it('lets deleted runs leave', async () => {
    model.follow = false;
    stored = stored.filter(run => run.run_id !== 'r3.');
    changes.emit({ runs: ['r3.'] });
    await settled();
    expect(model.runs.map(run => run.run_id)).not.toContain('r3.');
  });

  it('is what it was when it comes back', async () => {
    await model.sortBy('metrics.acc', false);
    model.togglePin('metrics.acc');
    model.resizeColumn('metrics.acc', 200);
    const again = new RunTableModel({
      client: server.client,
      changes: changes.stream,
      state: JSON.parse(JSON.stringify(model.state)) as ITableState
    });
    await settled();
    expect(again.shown).toEqual(model.shown);
    expect(again.shown[0]).toBe('metrics.acc');
    expect(lastQuery()?.order_by).toEqual(['metrics.acc DESC']);
    again.dispose();
  });

  it('keeps its rows when a filter is not understood, and says why', async () => {
    server.on('get', '/runs', () => {
      throw new Error('The filter ends too early.');
    });
    await model.search({ search: 'metrics.a >' });
    expect(model.error).toBe('The filter ends too early.');
    expect(model.runs).toHaveLength(200);
  });
});
