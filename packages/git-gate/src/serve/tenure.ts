import type { ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";

/** How long a repository is served, and by whom it is used meanwhile. */
export interface Tenure {
  /** Aborted once it is declared no more, or in another way. */
  readonly retired: AbortSignal;
  /** Counts a request that is answered from it. */
  enter(response: ServerResponse): Disposable;
  /** Refuses what is under way, cuts what does not end by itself within moments, and resolves when nothing is. @param cut ends what it has with others */
  end(cut: () => void): Promise<void>;
}

/** Enough for a refusal to be said. */
const graceMs = 2_000;

export function createTenure(): Tenure {
  const over = new AbortController();
  const underWay = new Map<ServerResponse, Promise<void>>();
  return {
    retired: over.signal,
    enter(response) {
      const { promise, resolve } = Promise.withResolvers<void>();
      underWay.set(response, promise);
      return {
        [Symbol.dispose]() {
          underWay.delete(response);
          resolve();
        },
      };
    },
    async end(cut) {
      over.abort();
      const settled = Promise.all(underWay.values());
      const inTime = new AbortController();
      await Promise.race([settled, delay(graceMs, undefined, { signal: inTime.signal }).catch(() => {})]);
      inTime.abort();
      for (const response of underWay.keys()) response.destroy();
      cut();
      await settled;
      // What had begun before may have connected once more.
      cut();
    },
  };
}
