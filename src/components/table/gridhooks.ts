import {
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState
} from 'react';
import type { VirtualItem, Virtualizer } from '@tanstack/react-virtual';
import type { RunTableModel } from '../../model/table';
import { useServices } from '../services';
import { placeOf } from './frame';
import { HEADER, ICellPlace } from './keys';
import { ROW_HEIGHT, sum } from './rowparts';

/** Rows around those in view that are in the page, too. */
export const ROWS_AROUND = 5;

type Rows = Virtualizer<HTMLDivElement, Element>;

/** With Shift, all rows from the active one are selected; with Ctrl, this one is, or no more. */
export function usePress(
  model: RunTableModel,
  active: ICellPlace,
  setActive: (place: ICellPlace) => void,
  focus: () => void
): (event: React.MouseEvent) => void {
  const { runs } = useServices().mlops;
  return useStable((event: React.MouseEvent) => {
    const place = placeOf(event.target);
    if (!place) {
      return;
    }
    const row = place.row === HEADER ? undefined : model.rows.at(place.row);
    const run = row?.kind === 'run' ? row.run : undefined;
    if (run && event.shiftKey) {
      runs.selectAlso(model.runIds(active.row, place.row));
      // The browser would mark the text between.
      event.preventDefault();
      focus();
    } else if (run && (event.ctrlKey || event.metaKey)) {
      runs.select(run.run_id, !runs.selection.has(run.run_id));
    }
    setActive(place);
  });
}

/** Tell the model what is in view. */
export function useLook(
  model: RunTableModel,
  inView: readonly { index: number }[],
  ids: readonly string[]
): void {
  const from = inView[0]?.index ?? 0;
  const to = (inView[inView.length - 1]?.index ?? -1) + 1;
  const names = ids.join('\n');
  const { count } = model.rows;
  useEffect(() => {
    // A tab that is hidden shows nothing.
    if (names !== '') {
      model.look(from, to, names.split('\n'));
    }
  }, [model, from, to, names, count, model.epoch]);
}

/** Do something whenever the table begins anew, but not at its first time. */
export function useStart(epoch: number, act: () => void): void {
  const last = useRef(epoch);
  const stable = useStable(act);
  useEffect(() => {
    if (last.current !== epoch) {
      last.current = epoch;
      stable();
    }
  }, [epoch, stable]);
}

/** How many columns stay at the left: where there is no room for others, they scroll, too. */
export function usePinned(
  scroll: React.RefObject<HTMLElement>,
  pinned: number,
  widths: readonly number[]
): number {
  const [room, setRoom] = useState(Infinity);
  useLayoutEffect(() => {
    const node = scroll.current;
    if (!node) {
      return;
    }
    const observer = new ResizeObserver(() => setRoom(node.clientWidth / 2));
    observer.observe(node);
    return () => observer.disconnect();
  }, [scroll]);
  let fixed = Math.min(pinned, widths.length);
  while (fixed > 0 && sum(widths.slice(0, fixed)) > Math.max(room, 0)) {
    fixed -= 1;
  }
  return fixed;
}

/** A function that stays the same, and does what the last one would have done. */
export function useStable<A extends unknown[], R>(
  act: (...args: A) => R
): (...args: A) => R {
  const last = useRef(act);
  useLayoutEffect(() => {
    last.current = act;
  });
  return useCallback((...args: A) => last.current(...args), []);
}

/**
 * Elements in which rows are shown. Those that leave the view at one end are taken for those that
 * come at the other: new ones would cost the browser five times as much. While the user scrolls they
 * stay in their order, which costs, too; then they stand as the rows do, for those who hear them.
 */
export function useSlots(rows: Rows): { item: VirtualItem; slot: number }[] {
  const items = rows.getVirtualItems();
  const from = items[0]?.index ?? 0;
  const [start, setStart] = useState(from);
  if (!rows.isScrolling && start !== from) {
    setStart(from);
  }
  const inView = Math.ceil((rows.scrollRect?.height ?? 0) / ROW_HEIGHT) + 1;
  const count = Math.max(items.length, inView + 2 * ROWS_AROUND);
  const rank = (slot: number) => (slot - (start % count) + count) % count;
  return items
    .map(item => ({ item, slot: item.index % count }))
    .sort((a, b) => rank(a.slot) - rank(b.slot));
}
