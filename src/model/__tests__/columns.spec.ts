import { describe, expect, it } from 'vitest';
import type { Column } from '../../api/types';
import * as columns from '../columns';

const layout = (change: Partial<columns.ILayout> = {}): columns.ILayout => ({
  ...columns.EMPTY_LAYOUT,
  ...change
});

describe('columns', () => {
  const found = [
    ['metrics', 'm10', 2, 0, 1],
    ['metrics', 'm2', 2, 0, 1],
    ['params', 'depth', 1, 3, 3],
    ['params', 'lr', 2, 0.1, 0.2],
    ['params', 'seed', 2, 1, 1],
    ['params', 'solver', 2, null, null],
    ['tags', 'mlflow.user', 2, null, null],
    ['tags', 'stage', 2, null, null]
  ].map(
    ([kind, key, count, min, max]) =>
      ({ column: `${kind}.${key}`, kind, key, count, min, max }) as Column
  );

  it('are those that most runs have; numbers of params only where they differ', () => {
    const usual = columns.usualColumns(found);
    expect(usual.filter(id => !id.startsWith('attributes.'))).toEqual([
      'metrics.m2',
      'metrics.m10',
      'params.lr',
      'params.solver',
      'params.depth'
    ]);
  });

  it('say who ran what where several people did', () => {
    expect(columns.usualColumns(found)).not.toContain(columns.USER);
    expect(columns.usualColumns(found, true)).toContain(columns.USER);
  });

  it('are offered without tags that are nobody’s', () => {
    const ids = columns.knownColumns(found).map(({ id }) => id);
    expect(ids).toContain('tags.stage');
    expect(ids).not.toContain('tags.mlflow.user');
    expect(columns.facetColumns(found)).toContain('tags.stage');
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

  it('are dropped before another one, pinned where that is pinned', () => {
    const shown = ['a.1', 'a.2', 'a.3', 'a.4'];
    const moved = columns.placeColumn(layout(), shown, 'a.4', 'a.2');
    expect(moved.columns).toEqual(['a.1', 'a.4', 'a.2', 'a.3']);
    const last = columns.placeColumn(layout(), shown, 'a.1', null);
    expect(last.columns).toEqual(['a.2', 'a.3', 'a.4', 'a.1']);
    const pinned = layout({ columns: shown, pinned: ['a.1'] });
    const beside = columns.placeColumn(pinned, shown, 'a.3', 'a.1');
    expect(beside.pinned).toEqual(['a.3', 'a.1']);
    const away = columns.placeColumn(
      beside,
      beside.columns ?? [],
      'a.1',
      'a.4'
    );
    expect(columns.orderColumns(away, away.columns ?? [])).toEqual([
      'a.3',
      'a.2',
      'a.1',
      'a.4'
    ]);
  });
});
