/** Whether the page is read from the right to the left. */
export function isRightToLeft(): boolean {
  return getComputedStyle(document.documentElement).direction === 'rtl';
}

/** A key as it is meant: the arrow that points forward is the right one, wherever one reads from. */
export function forward(key: string): string {
  if (!isRightToLeft()) {
    return key;
  }
  return { ArrowLeft: 'ArrowRight', ArrowRight: 'ArrowLeft' }[key] ?? key;
}
