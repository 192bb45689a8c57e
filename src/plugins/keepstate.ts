import { Debouncer } from '@lumino/polling';
import type { Widget } from '@lumino/widgets';
import type { ObservableModel } from '../model/observable';

/** What the user has changed is kept when he pauses for so long. */
const PAUSE = 500;

/** Keep what the user has chosen with the layout of the application, after every change of it. */
export function keepState<S extends object>(
  tab: Widget,
  model: ObservableModel & { readonly state: S },
  save: () => Promise<void>
): void {
  const keep = new Debouncer(save, PAUSE);
  let kept = model.state;
  model.stateChanged.connect(() => {
    const { state } = model;
    const names = Object.keys(state) as (keyof S)[];
    if (names.some(name => state[name] !== kept[name])) {
      kept = state;
      void keep.invoke();
    }
  });
  tab.disposed.connect(() => keep.dispose());
}
