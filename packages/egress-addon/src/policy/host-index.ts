import type { CompiledRoute } from "./compile-route.ts";
import type { RouteHost } from "./route-host.ts";

type Bucket = readonly CompiledRoute[];

/** Routes by the host they name. */
export interface HostIndex {
  readonly exact: ReadonlyMap<string, Bucket>;
  /** By what stands after `*.` */
  readonly wildcard: ReadonlyMap<string, Bucket>;
  readonly any: Bucket;
}

/** Indexes routes. Those of one host stay together, ones with a credential first, then in their order. */
export function indexByHost(routes: readonly CompiledRoute[]): HostIndex {
  const exact = new Map<string, CompiledRoute[]>();
  const wildcard = new Map<string, CompiledRoute[]>();
  const any: CompiledRoute[] = [];
  for (const route of routes.toSorted(credentialFirst)) {
    const { host } = route;
    if (host.kind === "any") any.push(route);
    else if (host.kind === "exact") put(exact, host.host, route);
    else put(wildcard, host.under, route);
  }
  return { exact, wildcard, any };
}

/** The routes that name this canonical host, most specific first. */
export function routesOf(index: HostIndex, host: string): Bucket {
  const exact = index.exact.get(host) ?? [];
  const wider = index.wildcard.size === 0 ? index.any : [...wildcardsOver(index, host), ...index.any];
  return wider.length === 0 ? exact : [...exact, ...wider];
}

/** The routes that name every host which `host` does, most specific first. */
export function routesCovering(index: HostIndex, host: RouteHost): Bucket {
  if (host.kind === "any") return index.any;
  if (host.kind === "exact") return routesOf(index, host.host);
  return [...(index.wildcard.get(host.under) ?? []), ...wildcardsOver(index, host.under), ...index.any];
}

function wildcardsOver(index: HostIndex, host: string): Bucket {
  const found: CompiledRoute[] = [];
  for (let dot = host.indexOf("."); dot !== -1; dot = host.indexOf(".", dot + 1)) {
    for (const route of index.wildcard.get(host.slice(dot + 1)) ?? []) found.push(route);
  }
  return found;
}

// Both routes allow what fits both, so the request gets the credential that one of them grants. The sort is stable.
function credentialFirst(a: CompiledRoute, b: CompiledRoute): number {
  return Number(a.route.auth === undefined) - Number(b.route.auth === undefined);
}

function put(table: Map<string, CompiledRoute[]>, key: string, route: CompiledRoute): void {
  const bucket = table.get(key);
  if (bucket === undefined) table.set(key, [route]);
  else bucket.push(route);
}
