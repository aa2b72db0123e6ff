import { limitKey } from "../policy/limits.ts";
import type { EgressRoute } from "../policy/model.ts";
import type { RefusalReason } from "../policy/refusals.ts";

/** Why a limit refused. */
export type LimitReason = Extract<RefusalReason, "limit-requests" | "limit-bytes" | "limit-concurrent">;

/** One request that counts against its route's limits. */
export interface Lease {
  /** Counts bytes of its body; `false` if the route has sent its share of this minute. */
  spend(bytes: number): boolean;
  /** It is over. Further calls do nothing. */
  end(): void;
}

/** Counts what each route lets through. */
export interface Limits {
  /** Takes a place for one request, or says why there is none. */
  take(route: EgressRoute): Lease | LimitReason;
}

interface Count {
  windowStartedAt: number;
  requests: number;
  bytes: number;
  concurrent: number;
}

const minuteMs = 60_000;
const unlimited: Lease = { spend: () => true, end: () => {} };

/**
 * Limits by minutes that begin with a route's first request after the last one. Counts belong to what a route says, so that a reload
 * that leaves it as it was does not start them anew.
 * @param now milliseconds of a clock that never goes back
 */
export function createLimits(now: () => number = () => performance.now()): Limits {
  const counts = new Map<string, Count>();
  const keys = new WeakMap<EgressRoute, string>();
  const countOf = (route: EgressRoute): Count => {
    const key = keys.get(route) ?? limitKey(route);
    keys.set(route, key);
    const count = counts.get(key) ?? { windowStartedAt: now(), requests: 0, bytes: 0, concurrent: 0 };
    if (now() - count.windowStartedAt >= minuteMs) Object.assign(count, { windowStartedAt: now(), requests: 0, bytes: 0 });
    counts.set(key, count);
    return count;
  };
  return {
    take(route) {
      const { limits } = route;
      if (limits === undefined) return unlimited;
      const count = countOf(route);
      const { requestsPerMinute = Infinity, bytesOutPerMinute = Infinity, concurrent = Infinity } = limits;
      if (count.requests >= requestsPerMinute) return "limit-requests";
      if (count.bytes >= bytesOutPerMinute) return "limit-bytes";
      if (count.concurrent >= concurrent) return "limit-concurrent";
      count.requests += 1;
      count.concurrent += 1;
      let isEnded = false;
      return {
        spend(bytes) {
          const current = countOf(route);
          current.bytes += bytes;
          return current.bytes <= bytesOutPerMinute;
        },
        end() {
          if (isEnded) return;
          isEnded = true;
          count.concurrent -= 1;
        },
      };
    },
  };
}
