// What JupyterLab's packages expect of a browser when they are loaded, and jsdom lacks.
class DragEventShim extends MouseEvent {}

class ObserverShim {
  observe(): void {}
  unobserve(): void {}
  disconnect(): void {}
}

globalThis.DragEvent ??= DragEventShim as typeof DragEvent;
globalThis.ResizeObserver ??= ObserverShim;
globalThis.IntersectionObserver ??=
  ObserverShim as unknown as typeof IntersectionObserver;
window.matchMedia = media =>
  ({
    media,
    matches: false,
    addEventListener: () => {},
    removeEventListener: () => {},
    addListener: () => {},
    removeListener: () => {}
  }) as unknown as MediaQueryList;
