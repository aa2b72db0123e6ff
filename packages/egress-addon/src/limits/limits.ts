import { grantOf } from "../policy/grant.ts";
import { grantKey, limitKey } from "../policy/limits.ts";
import type { EgressRoute } from "../policy/model.ts";
import type { RefusalReason } from "../policy/refusals.ts";

/** Why a limit refused. */
export type LimitReason = Extract<RefusalReason, "limit-uses" | "limit-requests" | "limit-bytes" | "limit-concurrent" | "internal">;

/** One request that counts against its route's limits. */
export interface Lease {
  /** Counts bytes of its body; `false` if the route has sent its share of this minute. */
  spend(bytes: number): boolean;
  /** Nothing of it was sent, and nothing will be: it has not used the route. Further calls do nothing. */
  giveBack(): void;
  /** It is over. Further calls do nothing. */
  end(): void;
}

/** What has gone by a granted route. */
export interface GrantUse {
  /** Since it came into force; those that were refused before anything of them was sent are not among them. */
  readonly requests: number;
  /** Of these, not over yet. */
  readonly underWay: number;
}

/** Counts what each route lets through. */
export interface Limits {
  /** Takes a place for one request, or says why there is none. */
  take(route: EgressRoute): Lease | LimitReason;
  /** Forgets the counts of all routes but these, which are in force from now on. */
  keep(routes: readonly EgressRoute[]): void;
  useOf(grant: string): GrantUse;
}

/** How limits count. */
export interface LimitsOptions {
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
  /** Told of a granted route's requests so far, before the last of them goes. If it throws, that one is refused. */
  readonly onUse?: (grant: string, requests: number) => void;
}

interface Count {
  windowStartedAt: number;
  /** In all. */
  total: number;
  /** In this minute. */
  requests: number;
  bytes: number;
  concurrent: number;
}

const minuteMs = 60_000;
const unlimited: Lease = { spend: () => true, giveBack: () => {}, end: () => {} };

/**
 * Limits in all, and by minutes that begin with a route's first request after the last one. Counts belong to what a route says, or to the name
 * that it was granted under, so that a reload that leaves it as it was does not start them anew.
 */
export function createLimits({ now = () => performance.now(), onUse }: LimitsOptions = {}): Limits {
  const counts = new Map<string, Count>();
  const keys = new WeakMap<EgressRoute, string>();
  const keyOf = (route: EgressRoute): string => {
    const key = keys.get(route) ?? limitKey(route);
    keys.set(route, key);
    return key;
  };
  const current = (count: Count): Count => {
    if (now() - count.windowStartedAt >= minuteMs) Object.assign(count, { windowStartedAt: now(), requests: 0, bytes: 0 });
    return count;
  };
  const countOf = (route: EgressRoute): Count => {
    const key = keyOf(route);
    const count = counts.get(key) ?? { windowStartedAt: now(), total: 0, requests: 0, bytes: 0, concurrent: 0 };
    counts.set(key, count);
    return current(count);
  };
  const isTold = (grant: string, requests: number): boolean => {
    try {
      onUse?.(grant, requests);
      return true;
    } catch {
      return false;
    }
  };
  return {
    take(route) {
      const { limits = {} } = route;
      const grant = grantOf(route);
      if (route.limits === undefined && grant === undefined) return unlimited;
      const count = countOf(route);
      const { requests = Infinity, requestsPerMinute = Infinity, bytesOutPerMinute = Infinity, concurrent = Infinity } = limits;
      if (count.total >= requests) return "limit-uses";
      if (count.requests >= requestsPerMinute) return "limit-requests";
      if (count.bytes >= bytesOutPerMinute) return "limit-bytes";
      if (count.concurrent >= concurrent) return "limit-concurrent";
      if (grant !== undefined && !isTold(grant, count.total + 1)) return "internal";
      count.total += 1;
      count.requests += 1;
      count.concurrent += 1;
      let isEnded = false;
      let isUsed = true;
      return {
        spend(bytes) {
          current(count).bytes += bytes;
          return count.bytes <= bytesOutPerMinute;
        },
        giveBack() {
          if (!isUsed) return;
          isUsed = false;
          count.total -= 1;
        },
        end() {
          if (isEnded) return;
          isEnded = true;
          count.concurrent -= 1;
        },
      };
    },
    keep(routes) {
      const inForce = new Set(routes.map(keyOf));
      for (const key of counts.keys()) if (!inForce.has(key)) counts.delete(key);
    },
    useOf(grant) {
      const { total = 0, concurrent = 0 } = counts.get(grantKey(grant)) ?? {};
      return { requests: total, underWay: concurrent };
    },
  };
}
