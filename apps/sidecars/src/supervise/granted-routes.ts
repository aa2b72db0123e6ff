import type { EgressRoute, GrantedRoute } from "@bottle/egress-addon";
import type { Grant } from "@bottle/manifest";

/**
 * The routes of grants as the egress follows them: those without a number of uses first, then the newest, so that one which is used up does not
 * stand before another that is not.
 * @param usedBefore how many of a grant's uses are not for this process any more
 */
export function grantedRoutes(grants: readonly Grant[], usedBefore: (id: string) => number): readonly GrantedRoute[] {
  const ofEgress = grants.filter(({ kind }) => kind === "egress");
  const [limited, free] = [ofEgress.filter(({ uses }) => uses !== undefined), ofEgress.filter(({ uses }) => uses === undefined)];
  return [...free, ...limited.toReversed()].map(({ proposal, route, uses }) => ({
    ...route, grant: proposal, ...(uses !== undefined && { limits: { requests: uses - usedBefore(proposal) } }),
  }));
}

/** What the second hop is told of: hosts alone count there. A grant of kind `pipelock` is nothing but a host more. */
export function hopRoutes(routes: readonly EgressRoute[], grants: readonly Grant[]): readonly EgressRoute[] {
  return [...routes, ...grants.map(({ route: { host } }) => ({ host }))];
}

/** Why a grant is at its end, if it is. */
export function endOf({ until, uses, used }: Grant, now: number): "expired" | "used-up" | undefined {
  if (until !== undefined && Date.parse(until) <= now) return "expired";
  return uses !== undefined && used >= uses ? "used-up" : undefined;
}
