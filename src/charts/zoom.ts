import type { Range } from './series';

/** How much of the axis a key moves or takes away. */
const STEP = 0.2;

/** What is shown after a key: null is everything; undefined, that the key means nothing. */
export function zoomByKey(
  key: string,
  zoom: Range | null,
  xs: readonly number[]
): Range | null | undefined {
  const [from, to] = zoom ?? [xs[0] ?? 0, xs[xs.length - 1] ?? 0];
  const step = (to - from) * STEP;
  switch (key) {
    case '+':
    case '=':
      return [from + step, to - step];
    case '-':
      return zoom && [from - step, to + step];
    case 'ArrowLeft':
      return zoom && [from - step, to - step];
    case 'ArrowRight':
      return zoom && [from + step, to + step];
    case '0':
    case 'Escape':
      return null;
    default:
      return undefined;
  }
}
