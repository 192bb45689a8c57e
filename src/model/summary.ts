import type { TranslationBundle } from '@jupyterlab/translation';
import type { Comparison, Difference, MetricChange } from '../api/types';

/** One sentence that says what differs, and how the most telling metric did. */
export function summarize(
  { differences, metric }: Comparison,
  trans: TranslationBundle
): string {
  const told =
    differences.length === 0
      ? trans.__('Params, cells, data and environment are the same')
      : trans._n(
          '%2 differs',
          '%2 differ',
          differences.reduce((sum, { count }) => sum + count, 0),
          listed(
            differences.map(each => differenceWords(each, trans)),
            trans
          )
        );
  const sentence = told.charAt(0).toUpperCase() + told.slice(1);
  return metric
    ? `${sentence}; ${metricWords(metric, trans)}.`
    : `${sentence}.`;
}

function differenceWords(
  { kind, count, name }: Difference,
  trans: TranslationBundle
): string {
  switch (kind) {
    case 'params':
      return trans._n('%1 param', '%1 params', count);
    case 'cells':
      return trans._n('%1 cell', '%1 cells', count);
    case 'data':
      return trans.__('the data');
    case 'packages':
      return trans._n('%1 package', '%1 packages', count);
    case 'language':
      return trans.__('the %1 version', name);
    case 'platform':
      return trans.__('the platform');
    case 'commit':
      return trans.__('the commit');
  }
}

function metricWords(
  { key, change, low, high }: MetricChange,
  trans: TranslationBundle
): string {
  if (change) {
    return `${key} ${change}`;
  }
  return low
    ? trans.__('%1 %2 to %3', key, low, high)
    : trans.__('%1 is the same', key);
}

function listed(parts: readonly string[], trans: TranslationBundle): string {
  const last = parts[parts.length - 1];
  return parts.length === 1
    ? last
    : trans.__('%1 and %2', parts.slice(0, -1).join(', '), last);
}
