import { useSyncExternalStore } from 'react';

/** The time, as often as it matters to what is shown. All who ask alike share a timer. */
export function useNow(interval: number): number {
  const clock = Private.clockOf(interval);
  return useSyncExternalStore(clock.subscribe, clock.now);
}

namespace Private {
  interface IClock {
    readonly subscribe: (listener: () => void) => () => void;
    readonly now: () => number;
  }

  const clocks = new Map<number, IClock>();

  export function clockOf(interval: number): IClock {
    const known = clocks.get(interval) ?? makeClock(interval);
    clocks.set(interval, known);
    return known;
  }

  /** Ticks while somebody looks. */
  function makeClock(interval: number): IClock {
    const listeners = new Set<() => void>();
    let time = Date.now();
    let timer = 0;
    const tick = () => {
      time = Date.now();
      listeners.forEach(listener => listener());
    };
    return {
      now: () => time,
      subscribe: listener => {
        if (listeners.size === 0) {
          time = Date.now();
          timer = window.setInterval(tick, interval);
        }
        listeners.add(listener);
        return () => {
          listeners.delete(listener);
          if (listeners.size === 0) {
            window.clearInterval(timer);
          }
        };
      }
    };
  }
}
