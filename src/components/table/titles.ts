import type { TranslationBundle } from '@jupyterlab/translation';
import type { ColumnKind } from '../../api/types';
import { parseColumn } from '../../model/columns';

/** What stands over a column. */
export function columnTitle(id: string, trans: TranslationBundle): string {
  switch (id) {
    case 'attributes.run_name':
      return trans.__('Name');
    case 'attributes.status':
      return trans.__('Status');
    case 'attributes.curve':
      return trans.__('Curve');
    case 'attributes.tags':
      return trans.__('Tags');
    case 'attributes.start_time':
      return trans.__('Started');
    case 'attributes.duration':
      return trans.__('Duration');
    case 'attributes.experiment':
      return trans.__('Experiment');
    case 'attributes.user_id':
      return trans.__('User');
    case 'attributes.notebook':
      return trans.__('Notebook');
    case 'attributes.verdict':
      return trans.__('Verdict');
    case 'attributes.note':
      return trans.__('Note');
    default:
      return parseColumn(id).key;
  }
}

/** What kind of thing a column shows. */
export function kindTitle(kind: ColumnKind, trans: TranslationBundle): string {
  switch (kind) {
    case 'metrics':
      return trans.__('metric');
    case 'params':
      return trans.__('param');
    case 'tags':
      return trans.__('tag');
    case 'attributes':
      return trans.__('run');
  }
}
