import { EgressError } from "../errors.ts";
import { canonicalHost, isAddress } from "./host.ts";
import type { EgressPolicy, EgressRoute, RouteAuth } from "./model.ts";
import { compilePattern, type PathPattern } from "./pattern.ts";

const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const reservedHeaders = /^(?:host|connection|content-length|transfer-encoding|te|trailer|upgrade|keep-alive|expect|proxy-.*|sec-websocket-.*)$/i;
const routeKeys: readonly string[] = ["host", "ports", "methods", "paths", "auth", "dlp"];
const schemes: readonly string[] = ["bearer", "basic", "token", "header", "query"];

/** A route, ready to be matched. */
export interface CompiledRoute {
  readonly route: EgressRoute;
  readonly ports: ReadonlySet<number>;
  readonly methods?: ReadonlySet<string>;
  readonly paths?: readonly PathPattern[];
}

/** A policy, checked whole and indexed by host. Made by `compilePolicy` alone. */
export interface CompiledPolicy {
  readonly routes: readonly EgressRoute[];
  readonly exact: ReadonlyMap<string, readonly CompiledRoute[]>;
  /** By what stands after `*.` */
  readonly wildcard: ReadonlyMap<string, readonly CompiledRoute[]>;
}

/**
 * Checks a policy whole and indexes it.
 * @throws EgressError `policy-invalid` naming every bad value and its route
 */
export function compilePolicy(policy: EgressPolicy): CompiledPolicy {
  if (!Array.isArray(policy.routes)) throw new EgressError("policy-invalid", "The policy was refused: routes must be a list.");
  const problems: string[] = [];
  const exact = new Map<string, CompiledRoute[]>();
  const wildcard = new Map<string, CompiledRoute[]>();
  for (const [index, given] of structuredClone(policy.routes).entries()) {
    const { text, problem } = hostOf(given);
    const report = (what: string): void => void problems.push(`route ${index + 1} (${text}): ${what}`);
    if (problem !== undefined) {
      report(problem);
      continue;
    }
    const isWildcard = text.startsWith("*.");
    const host = canonicalHost(isWildcard ? text.slice(2) : text);
    if (host === undefined || (isWildcard && isAddress(host))) report("host must be a name, an IP address, or *.name");
    else if (isWildcard && !host.includes(".") && given.auth !== undefined) report(`a credential cannot go to every host under ${host}; name the domain`);
    const table = isWildcard ? wildcard : exact;
    table.set(host ?? "", [...(table.get(host ?? "") ?? []), compileRoute(given, report)]);
  }
  if (problems.length > 0) throw new EgressError("policy-invalid", `The policy was refused: ${problems.join("; ")}.`);
  for (const list of [...exact.values(), ...wildcard.values()]) list.sort(credentialFirst);
  return { routes: structuredClone(policy.routes), exact, wildcard };
}

/** The routes that name this canonical host, most specific first. */
export function routesFor(policy: CompiledPolicy, host: string): readonly CompiledRoute[] {
  const found = [...(policy.exact.get(host) ?? [])];
  for (let dot = host.indexOf("."); dot !== -1; dot = host.indexOf(".", dot + 1)) {
    found.push(...(policy.wildcard.get(host.slice(dot + 1)) ?? []));
  }
  return found;
}

// Both routes allow what fits both, so the request gets the credential that one of them grants. The sort is stable.
function credentialFirst(a: CompiledRoute, b: CompiledRoute): number {
  return Number(a.route.auth === undefined) - Number(b.route.auth === undefined);
}

// Candidates come from outside too. A key that is not understood may have been meant to narrow the route.
function hostOf(route: unknown): { readonly text: string; readonly problem?: string } {
  if (typeof route !== "object" || route === null) return { text: String(route), problem: "must be an object" };
  const text = "host" in route && typeof route.host === "string" ? route.host : "no host";
  const unknown = Object.keys(route).find((key) => !routeKeys.includes(key));
  return unknown === undefined ? { text } : { text, problem: `has an unknown key ${JSON.stringify(unknown)}` };
}

function compileRoute(route: EgressRoute, report: (what: string) => void): CompiledRoute {
  const { ports = [80, 443], methods, paths, auth } = route;
  if (!isListOf(ports, (port) => Number.isInteger(port) && port > 0 && port < 65_536)) report("ports must be numbers from 1 to 65535");
  if (methods !== undefined && !isListOf(methods, (method) => /^[A-Z-]+$/.test(String(method)))) report("methods must be in upper case");
  if (auth !== undefined) checkAuth(auth, report);
  return {
    route,
    ports: new Set(Array.isArray(ports) ? ports : []),
    ...(methods === undefined ? {} : { methods: new Set(methods) }),
    ...(paths === undefined ? {} : { paths: compilePaths(paths, report) }),
  };
}

function compilePaths(paths: readonly string[], report: (what: string) => void): readonly PathPattern[] {
  if (!isListOf(paths, (path) => typeof path === "string")) {
    report("paths must be a list of texts");
    return [];
  }
  return paths.map((path) => {
    const pattern = compilePattern(path);
    if (pattern === undefined) report(`path ${JSON.stringify(path)} must start with / and have no dot segments`);
    return pattern ?? [];
  });
}

function isListOf<T>(value: readonly T[], isFine: (item: T) => boolean): boolean {
  return Array.isArray(value) && value.every(isFine);
}

function checkAuth(auth: RouteAuth, report: (what: string) => void): void {
  if (typeof auth !== "object" || auth === null) return report("auth must be an object");
  if (!schemes.includes(auth.scheme)) report(`auth scheme must be one of ${schemes.join(", ")}`);
  if (typeof auth.tokenRef !== "string" || auth.tokenRef === "") report("auth needs a tokenRef");
  const isNamed = auth.scheme === "header" || auth.scheme === "query";
  if (isNamed !== (auth.name !== undefined)) report("auth needs a name exactly for header and query");
  if (auth.name === undefined) return;
  if (!token.test(String(auth.name))) report(`auth name ${JSON.stringify(auth.name)} has forbidden characters`);
  if (auth.scheme === "header" && reservedHeaders.test(auth.name)) report(`auth cannot use the header ${auth.name}`);
}
