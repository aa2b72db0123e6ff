import type { EgressRoute } from "../model.ts";
import type { CompiledPolicy, CompiledRoute } from "./compile.ts";
import { decodeFully, readPath, type PathReadings } from "./path.ts";
import { matchesPattern } from "./pattern.ts";

/** What is asked for. `host` is canonical; `target` is the request target from the first `/`, query included. */
export interface DecisionRequest {
  readonly host: string;
  readonly port: number;
  /** The request's method and every method an override header names. */
  readonly methods: readonly string[];
  readonly target: string;
  readonly secure: boolean;
}

/** Why not, in a stable word. Only a miss may be asked for; what a guard refuses is final. */
export type DenyReason =
  | "no-route" | "port-not-allowed" | "method-not-allowed" | "path-not-allowed"
  | "ambiguous-path" | "git-push" | "credential-needs-tls";

/** The answer to a request. */
export type Decision =
  | { readonly decision: "allow"; readonly route: EgressRoute; readonly path: string }
  | { readonly decision: "deny"; readonly layer: "policy" | "guard"; readonly reason: DenyReason; readonly retry: "ask" | "never"; readonly path: string };

/** Decides a request. Pure and total: whatever is not clearly allowed is denied. */
export function decide(policy: CompiledPolicy, request: DecisionRequest): Decision {
  const [path = "", ...query] = request.target.split("?");
  const refuse = (reason: DenyReason): Decision => ({ decision: "deny", layer: "guard", reason, retry: "never", path: path.slice(0, 2048) });
  const miss = (reason: DenyReason): Decision => ({ decision: "deny", layer: "policy", reason, retry: "ask", path: path.slice(0, 2048) });
  if (isPush(request.target)) return refuse("git-push");
  const readings = readPath(path);
  if (!readings || query.length > 1 && path === "") return refuse("ambiguous-path");
  const candidates = routesFor(policy, request.host);
  if (candidates.length === 0) return miss("no-route");
  const onPort = candidates.filter(({ ports }) => ports.has(request.port));
  if (onPort.length === 0) return miss("port-not-allowed");
  const withMethod = onPort.filter(({ methods }) => methods === undefined || request.methods.every((method) => methods.has(method)));
  if (withMethod.length === 0) return miss("method-not-allowed");
  const found = withMethod.find((candidate) => matchesPaths(candidate, readings));
  if (!found) return miss("path-not-allowed");
  if (found.route.auth && !request.secure) return refuse("credential-needs-tls");
  return { decision: "allow", route: found.route, path };
}

/** Whether a host and port have any route: what a CONNECT is asked. */
export function hasRoute(policy: CompiledPolicy, host: string, port: number): "yes" | "no-route" | "port-not-allowed" {
  const candidates = routesFor(policy, host);
  if (candidates.length === 0) return "no-route";
  return candidates.some(({ ports }) => ports.has(port)) ? "yes" : "port-not-allowed";
}

/** Routes of a host, exact ones before `*.` ones, the longest of those first, each in the order written. */
function routesFor(policy: CompiledPolicy, host: string): readonly CompiledRoute[] {
  const found = [...(policy.exact.get(host) ?? [])];
  for (let dot = host.indexOf("."); dot !== -1; dot = host.indexOf(".", dot + 1)) {
    found.push(...(policy.suffix.get(host.slice(dot + 1)) ?? []));
  }
  return found;
}

function matchesPaths({ paths }: CompiledRoute, readings: PathReadings): boolean {
  if (paths === undefined) return true;
  return readings.every((segments) => paths.some((pattern) => matchesPattern(pattern, segments)));
}

/** Smart HTTP's push, in any spelling: gitprotocol-http(5) names the service in path and query. */
function isPush(target: string): boolean {
  const spellings = decodeFully(target.replaceAll("+", " ")) ?? [target];
  return spellings.some((text) => text.toLowerCase().includes("git-receive-pack"));
}
