import type { ISettingRegistry } from '@jupyterlab/settingregistry';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JSONValue } from '@lumino/coreutils';

/** What a person reads in a schema of settings. */
const SHOWN = ['title', 'description'];

/** The schema in the user's language: the server knows the texts of language packs only. */
export function translateSchema(
  schema: ISettingRegistry.ISchema,
  trans: TranslationBundle
): ISettingRegistry.ISchema {
  return translated(schema as JSONValue, trans) as ISettingRegistry.ISchema;
}

function translated(value: JSONValue, trans: TranslationBundle): JSONValue {
  if (Array.isArray(value)) {
    return value.map(each => translated(each, trans));
  }
  if (value === null || typeof value !== 'object') {
    return value;
  }
  return Object.fromEntries(
    Object.entries(value as Record<string, JSONValue>).map(([key, each]) => [
      key,
      SHOWN.includes(key) && typeof each === 'string'
        ? // The schema holds the literals.
          // eslint-disable-next-line jupyter/no-dynamic-translation
          trans.gettext(each)
        : translated(each, trans)
    ])
  );
}
