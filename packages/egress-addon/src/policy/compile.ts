import { embeddedIpv4 } from "@bottle/way-out";
import { EgressError } from "../errors.ts";
import { isObject, unknownKey } from "./check.ts";
import { type CompiledRoute, compileRoute } from "./compile-route.ts";
import { type HostIndex, indexByHost, routesOf } from "./host-index.ts";
import { checkGrant } from "./grant.ts";
import type { EgressPolicy, EgressRoute, GrantedRoute } from "./model.ts";
import { passthroughConflicts } from "./passthrough-conflicts.ts";
import { readRouteHost, type RouteHost } from "./route-host.ts";

const policyKeys: readonly (keyof EgressPolicy)[] = ["routes", "grants", "dangerouslyAllowAll"];
const routeKeys: readonly (keyof EgressRoute)[] = [
  "host", "ports", "methods", "paths", "auth", "deny", "websocket", "passthrough", "limits", "dlp",
];

/** A policy, checked whole and indexed by host. Made by `compilePolicy` alone. */
export interface CompiledPolicy {
  readonly routes: readonly EgressRoute[];
  readonly grants: readonly GrantedRoute[];
  /** The routes that allow, passthrough ones among them. */
  readonly allows: HostIndex;
  readonly denies: HostIndex;
  /** Looked at where none of those that allow fits; absent if there are none. */
  readonly granted?: HostIndex;
}

/**
 * Checks a policy whole and indexes it. Later changes of the given object do not count.
 * @throws EgressError `policy-invalid` naming every bad value and its route
 */
export function compilePolicy(policy: EgressPolicy): CompiledPolicy {
  const { routes, grants, dangerouslyAllowAll } = readPolicy(policy);
  const problems: string[] = [];
  const reportOn = (position: number, text: string) => (what: string): void => void problems.push(`route ${position} (${text}): ${what}`);
  const compiled = routes.flatMap((given, index): readonly CompiledRoute[] => {
    const { text, problem } = headOf(given);
    const report = reportOn(index + 1, text);
    const host = problem === undefined ? readRouteHost(text, dangerouslyAllowAll) : { problem };
    if ("kind" in host) {
      checkCredential(given, host, report);
      return [compileRoute(given, { position: index + 1, host }, report)];
    }
    report(host.problem);
    return [];
  });
  const names = new Set<string>();
  const granted = grants.flatMap((given, index): readonly CompiledRoute[] => {
    const report = (what: string): void => void problems.push(`grant ${index + 1} (${hostText(given)}): ${what}`);
    if (!isObject(given)) return refuse("grants must be a list of objects");
    checkGrant(given, names, report);
    names.add(given.grant);
    const host = readRouteHost(hostText(given), false);
    if ("kind" in host) return [compileRoute(given, { position: routes.length + index + 1, host }, report)];
    report(host.problem);
    return [];
  });
  for (const { route, problem } of problems.length === 0 ? passthroughConflicts([...compiled, ...granted]) : []) reportOn(route.position, route.route.host)(problem);
  if (problems.length > 0) refuse(problems.join("; "));
  const [allows = [], denies = []] = [false, true].map((isDeny) => compiled.filter(({ route }) => (route.deny === true) === isDeny));
  return { routes, grants, allows: indexByHost(allows), denies: indexByHost(denies), ...(granted.length > 0 && { granted: indexByHost(granted) }) };
}

/** All routes that name a canonical host. */
export interface Candidates {
  readonly denials: readonly CompiledRoute[];
  readonly routes: readonly CompiledRoute[];
}

const latest = new WeakMap<CompiledPolicy, Candidates & { readonly host: string }>();

/** These routes, kept for the last host, since one request after the other names the same. */
export function candidatesFor(policy: CompiledPolicy, host: string): Candidates {
  const last = latest.get(policy);
  if (last?.host === host) return last;
  const candidates = { host, denials: denialsFor(policy, host), routes: routesFor(policy, host) };
  latest.set(policy, candidates);
  return candidates;
}

/** The allowing routes that name this canonical host, most specific first; then those that were granted. */
export function routesFor({ allows, granted }: CompiledPolicy, host: string): readonly CompiledRoute[] {
  return granted === undefined ? routesOf(allows, host) : [...routesOf(allows, host), ...routesOf(granted, host)];
}

/** The deny routes that name this canonical host, or the IPv4 address inside it. */
export function denialsFor(policy: CompiledPolicy, host: string): readonly CompiledRoute[] {
  const inside = host.includes(":") ? embeddedIpv4(host) : undefined;
  return inside === undefined ? routesOf(policy.denies, host) : [...routesOf(policy.denies, host), ...routesOf(policy.denies, inside)];
}

// Candidates come from outside. Cloned, so that what was checked is what is used.
function readPolicy(given: EgressPolicy): Required<EgressPolicy> {
  const policy = clone(given);
  if (!isObject(policy)) return refuse("it must be an object");
  const { routes, grants = [], dangerouslyAllowAll } = policy;
  if (!Array.isArray(routes)) return refuse("routes must be a list");
  if (!Array.isArray(grants)) return refuse("grants must be a list of objects");
  const unknown = unknownKey(policy, policyKeys);
  if (unknown !== undefined) return refuse(`it has an unknown key ${unknown}`);
  if (dangerouslyAllowAll !== undefined && typeof dangerouslyAllowAll !== "boolean") return refuse("dangerouslyAllowAll must be true or false");
  return { routes, grants, dangerouslyAllowAll: dangerouslyAllowAll === true };
}

function clone(given: EgressPolicy): EgressPolicy {
  try {
    return structuredClone(given);
  } catch {
    return refuse("it must be plain data");
  }
}

function headOf(route: unknown): { readonly text: string; readonly problem?: string } {
  if (!isObject(route)) return { text: String(route), problem: "must be an object" };
  const text = hostText(route);
  const unknown = unknownKey(route, routeKeys);
  return unknown === undefined ? { text } : { text, problem: `has an unknown key ${unknown}` };
}

function hostText(route: unknown): string {
  return isObject(route) && "host" in route && typeof route.host === "string" ? route.host : "no host";
}

function checkCredential(route: EgressRoute, host: RouteHost, report: (what: string) => void): void {
  if (route.auth === undefined || host.kind === "exact") return;
  if (host.kind === "any") report("a credential cannot go to every host; name the host");
  else if (!host.under.includes(".")) report(`a credential cannot go to every host under ${host.under}; name the domain`);
}

function refuse(problems: string): never {
  throw new EgressError("policy-invalid", `The policy was refused: ${problems}.`);
}
