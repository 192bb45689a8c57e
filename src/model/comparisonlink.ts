/** How many runs can stand side by side. */
export const COMPARE_LIMITS = { least: 2, most: 20 };

/** In the address of a page: the runs to compare, the baseline first. */
export const LINK_PARAMETER = 'mlops-compare';

/** The address that opens a comparison; nothing else of the page's query goes with it. */
export function linkTo(runIds: readonly string[], page: string): string {
  const url = new URL(page);
  url.search = '';
  url.hash = '';
  url.searchParams.set(LINK_PARAMETER, runIds.join(','));
  return url.href.replaceAll('%2C', ',');
}

/** The runs that the address of a page asks to compare. */
export function linkedRuns(page: string): string[] {
  const asked = new URL(page).searchParams.get(LINK_PARAMETER) ?? '';
  const runIds = asked.split(',').filter(each => /^[0-9a-f]{8,64}$/.test(each));
  const { least, most } = COMPARE_LIMITS;
  return runIds.length >= least && runIds.length <= most ? runIds : [];
}
