import { describe, expect, it } from 'vitest';
import type { Artifact } from '../../api/types';
import { parseTable, prettyJSON, previewKind, shownPicture } from '../preview';

const file = (path: string, media_type: string | null = null): Artifact => ({
  path,
  media_type,
  size: 1,
  digest: '',
  execution_id: null
});

describe('previewKind', () => {
  it.each([
    ['figures/cell-3-1.png', 'image/png', 'image'],
    ['drawing.svg', 'image/svg+xml', 'image'],
    ['table.csv', null, 'table'],
    ['config.json', 'application/json', 'json'],
    ['report.html', 'text/html', 'html'],
    ['notes.txt', 'text/plain', 'text'],
    ['train.py', null, 'text'],
    ['model.pkl', 'application/octet-stream', 'none']
  ])('shows %s (%s) as %s', (path, type, kind) => {
    expect(previewKind(file(path, type))).toBe(kind);
  });
});

describe('shownPicture', () => {
  const script = new Blob(['<svg onload="hit()"/>']);

  it.each(['image/svg+xml', 'image/x+xml', 'image/svg', 'image/html'])(
    'gives a drawing (%s) no origin',
    async type => {
      expect(await shownPicture(script, type)).toMatch(
        /^data:image\/svg\+xml,/
      );
    }
  );

  it.each([null, 'image/png', 'image/odd', 'image/png; x="y"'])(
    'lets all else (%s) be a picture of pixels',
    async type => {
      const shown = await shownPicture(script, type);
      expect((shown as Blob).type).toBe('image/png');
    }
  );
});

describe('parseTable', () => {
  it('reads quotes, commas and line breaks inside of them', () => {
    expect(parseTable('a,b\r\n"x, ""y""","1\n2"\r\n')).toEqual([
      ['a', 'b'],
      ['x, "y"', '1\n2']
    ]);
  });

  it('reads tabs, and stops at the limit', () => {
    expect(parseTable('a\tb\n1\t2\n3\t4\n5\t6\n', 2)).toEqual([
      ['a', 'b'],
      ['1', '2'],
      ['3', '4']
    ]);
  });
});

describe('prettyJSON', () => {
  it('leaves alone what is none', () => {
    expect(prettyJSON('{"a":1}')).toBe('{\n  "a": 1\n}');
    expect(prettyJSON('{"a":')).toBe('{"a":');
  });
});
