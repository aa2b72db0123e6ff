import type { CompiledRoute } from "./compile-route.ts";
import { indexByHost, routesCovering } from "./host-index.ts";

/** Two routes of which one needs requests to be read in tunnels that the other passes unread. */
export interface PassthroughConflict {
  readonly route: CompiledRoute;
  readonly problem: string;
}

/**
 * Finds the routes that could not be kept because a passthrough route has the same tunnels: an allowing route with the same hosts
 * or fewer, and a deny route by method or path with any of its hosts. An allowing route with more hosts is fine: the more
 * specific passthrough route is an exception from it. A deny route for a whole host is fine too: it refuses the tunnel.
 */
export function passthroughConflicts(routes: readonly CompiledRoute[]): readonly PassthroughConflict[] {
  const unread = routes.filter(({ route }) => route.passthrough === true);
  if (unread.length === 0) return [];
  const unreadByHost = indexByHost(unread);
  const partialByHost = indexByHost(routes.filter(isPartialDeny));
  return routes.flatMap((route) => {
    const isUnread = route.route.passthrough === true;
    if (!isUnread && route.route.deny === true && !isPartialDeny(route)) return [];
    const other = routesCovering(isUnread ? partialByHost : unreadByHost, route.host).find((candidate) => sharesPort(route, candidate));
    if (other === undefined) return [];
    const problem = isUnread
      ? `passes tunnels unread in which route ${other.position} denies by method or path`
      : `route ${other.position} passes tunnels to the same host and port unread`;
    return [{ route, problem }];
  });
}

function isPartialDeny({ route }: CompiledRoute): boolean {
  return route.deny === true && (route.methods !== undefined || route.paths !== undefined);
}

function sharesPort(one: CompiledRoute, other: CompiledRoute): boolean {
  return [...(one.ports ?? other.ports ?? [])].some((port) => other.ports?.has(port) ?? true);
}
