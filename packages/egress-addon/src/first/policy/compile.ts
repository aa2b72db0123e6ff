import { EgressError } from "../errors.ts";
import type { EgressPolicy, EgressRoute } from "../model.ts";
import { canonicalHost } from "./host.ts";

/** A route ready to be matched. */
export interface CompiledRoute {
  readonly route: EgressRoute;
  readonly ports: ReadonlySet<number>;
  readonly methods: ReadonlySet<string> | undefined;
  /** Segments of each pattern; undefined: every path. */
  readonly paths: readonly (readonly string[])[] | undefined;
}

/** A policy indexed by host, so that its size does not matter to a decision. */
export interface CompiledPolicy {
  readonly routes: readonly EgressRoute[];
  readonly exact: ReadonlyMap<string, readonly CompiledRoute[]>;
  /** By the host behind `*.`. */
  readonly suffix: ReadonlyMap<string, readonly CompiledRoute[]>;
}

const defaultPorts = [80, 443];
const schemes = new Set(["bearer", "basic", "token", "header", "query"]);
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
// Their meaning is the proxy's own, never a route's.
const ownHeaders = new Set(["host", "connection", "content-length", "transfer-encoding", "upgrade", "expect", "te", "trailer", "keep-alive", "proxy-authorization", "proxy-connection"]);

/**
 * Validates a policy whole and indexes it.
 * @throws EgressError `policy-invalid` that names the route by its number and what is wrong with it
 */
export function compilePolicy(policy: EgressPolicy): CompiledPolicy {
  const exact = new Map<string, CompiledRoute[]>();
  const suffix = new Map<string, CompiledRoute[]>();
  for (const [index, route] of policy.routes.entries()) {
    const fault = faultOf(route);
    if (fault !== undefined) throw new EgressError("policy-invalid", `Route ${index + 1} (${JSON.stringify(route.host)}): ${fault}`);
    const isSuffix = route.host.startsWith("*.");
    const [map, key] = isSuffix ? [suffix, route.host.slice(2)] as const : [exact, unbracket(route.host)] as const;
    map.set(key, [...(map.get(key) ?? []), compileRoute(route)]);
  }
  return { routes: policy.routes, exact, suffix };
}

function compileRoute(route: EgressRoute): CompiledRoute {
  return {
    route,
    ports: new Set(route.ports ?? defaultPorts),
    methods: route.methods && new Set(route.methods),
    paths: route.paths?.map((path) => path.slice(1).split("/")),
  };
}

function unbracket(host: string): string {
  return host.startsWith("[") ? host.slice(1, -1) : host;
}

function faultOf(route: EgressRoute): string | undefined {
  const host = route.host.startsWith("*.") ? route.host.slice(2) : route.host;
  const canonical = canonicalHost(host);
  if (canonical === undefined || canonical !== unbracket(host)) return "the host must be a lower-case host name or address, or `*.` and a host name";
  if (route.host.startsWith("*.") && !canonical.includes(".")) return "`*.` needs a host name of at least two labels";
  if (route.ports?.some((port) => !Number.isInteger(port) || port < 1 || port > 65_535)) return "ports are 1 to 65535";
  if (route.methods?.some((method) => !/^[A-Z]+$/.test(method))) return "methods are upper-case words";
  if (route.paths?.some((path) => !/^\/[\x21-\x7e]*$/.test(path))) return "paths start with /";
  return route.auth && authFault(route.auth);
}

function authFault({ scheme, name, tokenRef }: NonNullable<EgressRoute["auth"]>): string | undefined {
  if (!schemes.has(scheme)) return `there is no auth scheme ${JSON.stringify(scheme)}`;
  if (tokenRef === "") return "auth needs a token reference";
  const needsName = scheme === "header" || scheme === "query";
  if (needsName !== (name !== undefined)) return "`name` goes with the schemes header and query, and only with them";
  if (scheme === "header" && name !== undefined && (!token.test(name) || ownHeaders.has(name.toLowerCase()))) return `${JSON.stringify(name)} cannot be a credential's header`;
  return undefined;
}
