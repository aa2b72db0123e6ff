/** Rings once, at a time that can be set anew. */
export interface Alarm extends Disposable {
  /** Milliseconds since 1970; undefined: never. */
  set(atMs: number | undefined): void;
}

const longestTimerMs = 2_147_483_647;

/** Nothing is kept alive by it. A time beyond the longest timer rings early. */
export function createAlarm({ now, ring }: { readonly now: () => number; readonly ring: () => void }): Alarm {
  let timer: NodeJS.Timeout | undefined;
  return {
    set(atMs) {
      clearTimeout(timer);
      if (atMs === undefined) return;
      timer = setTimeout(ring, Math.min(longestTimerMs, Math.max(0, atMs - now()) + 1)).unref();
    },
    [Symbol.dispose]: () => clearTimeout(timer),
  };
}
