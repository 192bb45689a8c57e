import { describe, expect, it } from 'vitest';
import type { Execution } from '../../api/types';
import { groupVersions } from '../history';

const executed = (execution_id: string, source: string) =>
  ({ execution_id, source }) as Execution;

describe('groupVersions', () => {
  it('takes neighbours of the same source together, and nothing else', () => {
    const versions = groupVersions([
      executed('4', 'x = 1'),
      executed('3', 'x = 2'),
      executed('2', 'x = 1'),
      executed('1', 'x = 1')
    ]);
    expect(
      versions.map(version => [
        version.source,
        version.executions.map(each => each.execution_id).join()
      ])
    ).toEqual([
      ['x = 1', '4'],
      ['x = 2', '3'],
      ['x = 1', '2,1']
    ]);
  });
});
