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
    const start = Number(query.offset ?? 0);
    const end = start + Number(query.max_results);
    return {
      runs: found.slice(start, end),
      total: found.length,
      total_is_exact: true,
      offset: start,
      next_page_token: end < found.length ? `${end}` : null
    };
  };
  const lastQuery = () => server.requests('/runs').slice(-1)[0].query;

  beforeEach(async () => {
    stored = Array.from({ length: 450 }, (_, i) =>
      makeRun({ run_id: `r${i}.`, metrics: { acc: i }, params: { n: `${i}` } })
    );
    changes = new FakeChanges();
    server = new FakeServer()
      .on('get', '/runs', answer)
      .on('get', '/columns', () => ({ columns: [], run_count: 0 }));
    model = new RunTableModel({
      client: server.client,
      changes: changes.stream
    });
    await settled();
  });

  const runAt = (index: number) => {
    const row = model.rows.at(index);
    return row?.kind === 'run' ? row.run?.run_id : undefined;
  };

  it('knows how many there are, and loads what is looked at', async () => {
    expect(model.rows.count).toBe(450);
    expect(runAt(0)).toBe('r0.');
    expect(runAt(430)).toBeUndefined();
    model.look(425, 450, []);
    await settled();
    expect(runAt(430)).toBe('r430.');
    expect(runAt(449)).toBe('r449.');
    expect(runAt(300)).toBeUndefined();
  });

  it('selects all that match, in as many requests as it takes', async () => {
    stored = Array.from({ length: 1204 }, (_, i) =>
      makeRun({ run_id: `r${i}.` })
    );
    const found = await model.matching();
    expect(found).toEqual(stored.map(run => run.run_id));
  });

  it('asks once for what is looked at often', async () => {
    model.look(300, 340, []);
    model.look(301, 341, []);
    model.look(302, 342, []);
    await settled();
    model.look(302, 342, []);
    await settled();
    expect(server.requests('/runs')).toHaveLength(2);
  });

  it('asks for the columns that are looked at, and keeps what it had', async () => {
    stored = stored.map(run => ({ ...run, params: {}, metrics: { acc: 1 } }));
    model.look(0, 30, ['metrics.acc']);
    await settled();
    expect(lastQuery()?.columns).toEqual(['run_id', 'metrics.acc']);
    stored = stored.map(run => ({ ...run, metrics: {}, params: { n: '1' } }));
    model.look(0, 30, ['params.n']);
    await settled();
    const row = model.rows.at(3);
    expect(row?.kind === 'run' && row.run).toMatchObject({
      metrics: { acc: 1 },
      params: { n: '1' }
    });
  });

  it('puts the runs inside of a run below it', async () => {
    const children = [makeRun({ run_id: 'c0' }), makeRun({ run_id: 'c1' })];
    server.on('get', '/runs', asked =>
      asked.query?.parent_run_id
        ? { runs: children, total: 2, total_is_exact: true, offset: 0 }
        : answer(asked)
    );
    await model.expand(model.rows.at(1)!, true);
    expect([0, 1, 2, 3, 4].map(runAt)).toEqual([
      'r0.',
      'r1.',
      'c0',
      'c1',
      'r2.'
    ]);
    expect(model.rows.at(2)).toMatchObject({ level: 1 });
    expect(model.rows.at(1)).toMatchObject({ expanded: true });
    await model.expand(model.rows.at(1)!, false);
    expect([1, 2].map(runAt)).toEqual(['r1.', 'r2.']);
    expect(model.rows.count).toBe(450);
  });

  it('groups the runs, and shows those of a group below it', async () => {
    const group = (value: string, count: number) => ({
      ...{ value, count, newest: 1, aggregates: [] },
      filter: `experiment = '${value}'`
    });
    server.on('get', '/groups', () => ({
      groups: [group('iris', 450), group('wine', 3)],
      run_count: 453
    }));
    await model.setGroupBy('experiment');
    expect(model.rows.count).toBe(2);
    await model.expand(model.rows.at(0)!, true);
    expect(lastQuery()?.filter).toBe("experiment = 'iris'");
    expect(model.rows.count).toBe(452);
    expect(runAt(1)).toBe('r0.');
    expect(model.rows.at(451)).toMatchObject({ kind: 'group' });
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
    const { epoch } = model;
    await model.sortBy('metrics.acc', false);
    expect(model.epoch).not.toBe(epoch);
    expect(lastQuery()?.offset).toBe(0);
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
    expect(runAt(0)).toBe('r0.');
  });
});
