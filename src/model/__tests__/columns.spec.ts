import { describe, expect, it } from 'vitest';
import { makeRun } from '../../__tests__/fakes';
import * as columns from '../columns';

const layout = (change: Partial<columns.ILayout> = {}): columns.ILayout => ({
  ...columns.EMPTY_LAYOUT,
  ...change
});

describe('columns', () => {
  const run = (id: string, lr: string) =>
    makeRun({
      run_id: id,
      metrics: { m10: 1, m2: 2 },
      params: { lr, solver: 'lbfgs' },
      tags: { stage: 'final', 'mlflow.user': 'x', 'mlops.kind': 'y' }
    });

  it('are those that most runs have; params only where they differ', () => {
    const usual = columns.usualColumns([run('a', '0.1'), run('b', '0.2')]);
    expect(usual.slice(0, 3)).toEqual([
      'attributes.status',
      'attributes.start_time',
      'attributes.duration'
    ]);
    expect(usual.slice(3)).toEqual([
      'metrics.m2',
      'metrics.m10',
      'params.lr',
      'tags.stage'
    ]);
  });

  it('are counted over pages', () => {
    const counts = columns.countColumns([run('a', '1')]);
    columns.countColumns([run('b', '2')], counts);
    expect(counts.get('params.lr')).toBe(2);
    expect(counts.has('tags.mlflow.user')).toBe(false);
  });

  it('are found by number, not by digit', () => {
    expect(
      columns.sortColumns(['tags.a', 'metrics.m10', 'metrics.m2'])
    ).toEqual(['metrics.m2', 'metrics.m10', 'tags.a']);
  });

  it('go to the server with keys that it can read', () => {
    expect(
      columns.orderTerm({ id: 'metrics.val loss', descending: true })
    ).toBe('metrics.`val loss` DESC');
    expect(columns.orderTerm({ id: 'params.lr', descending: false })).toBe(
      'params.lr ASC'
    );
  });

  it('keep the name of a key that has dots', () => {
    expect(columns.parseColumn('params.model.depth')).toMatchObject({
      kind: 'params',
      key: 'model.depth'
    });
  });

  it('are pinned before the others, and lose their pin when hidden', () => {
    const shown = ['a.1', 'a.2', 'a.3'];
    const pinned = columns.togglePin(layout(), shown, 'a.3');
    expect(columns.orderColumns(pinned, shown)).toEqual(['a.3', 'a.1', 'a.2']);
    const hidden = columns.toggleColumn(pinned, shown, 'a.3');
    expect(hidden).toMatchObject({ columns: ['a.1', 'a.2'], pinned: [] });
  });

  it('move among their like, and stop at the end', () => {
    const shown = ['a.1', 'a.2', 'a.3'];
    const moved = columns.moveColumn(layout(), shown, 'a.1', 1);
    expect(moved.columns).toEqual(['a.2', 'a.1', 'a.3']);
    const far = columns.moveColumn(layout(), shown, 'a.1', 9);
    expect(far.columns).toEqual(['a.2', 'a.3', 'a.1']);
  });

  it('stay wide enough to be seen', () => {
    const thin = columns.resizeColumn(layout(), 'metrics.m', 1);
    expect(columns.columnWidth(thin, 'metrics.m')).toBeGreaterThan(40);
  });
});
