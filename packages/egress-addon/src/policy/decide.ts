import { type CompiledPolicy, type CompiledRoute, routesFor } from "./compile.ts";
import { isGitPush } from "./git-push.ts";
import { canonicalHost } from "./host.ts";
import type { EgressRoute } from "./model.ts";
import { matchesPath } from "./pattern.ts";
import { type RefusalLayer, type RefusalReason, type Retry, refusals } from "./refusals.ts";
import { readTarget, type RequestTarget } from "./target.ts";

/** What is asked for, as it came; `decide` normalises it. */
export interface DecisionRequest {
  readonly host: string;
  readonly port: number;
  readonly method: string;
  /** The origin-form target, query included. */
  readonly path: string;
  /** Whether the request goes out over TLS. */
  readonly secure: boolean;
}

/** Go, by this route. */
export interface Allow {
  readonly decision: "allow";
  readonly route: EgressRoute;
}

/** No, and why. */
export interface Deny {
  readonly decision: "deny";
  readonly layer: RefusalLayer;
  readonly reason: RefusalReason;
  readonly retry: Retry;
  /** A sentence for people. */
  readonly message: string;
  /** The route that would fit but for this reason, where there is one. */
  readonly route?: EgressRoute;
}

export type Decision = Allow | Deny;

/**
 * Decides one request: what is malformed or guarded is refused first, then any route that fits allows, then a deny by default
 * names the nearest miss. Pure and total: every input has an answer, and what is not understood is denied.
 * Among routes that fit, the most specific host goes first, then one with a credential, then the written order.
 */
export function decide(policy: CompiledPolicy, request: DecisionRequest): Decision {
  const host = canonicalHost(request.host);
  if (host === undefined) return deny("host-invalid");
  if (!Number.isInteger(request.port) || request.port < 1 || request.port > 65_535) return deny("port-invalid");
  if (!/^[A-Z-]+$/.test(request.method) || request.method === "CONNECT" || request.method === "TRACE") return deny("method-forbidden");
  if (isGitPush(request.method, request.path)) return deny("git-push");
  const target = readTarget(request.path);
  if (target === undefined) return deny("path-ambiguous");
  return choose(routesFor(policy, host), request, target);
}

/** Decides whether a tunnel to a host and port may be opened at all; each request inside is then decided on its own. */
export function decideTunnel(policy: CompiledPolicy, authority: { readonly host: string; readonly port: number }): Decision {
  const host = canonicalHost(authority.host);
  if (host === undefined) return deny("host-invalid");
  const routes = routesFor(policy, host);
  const open = routes.find((candidate) => candidate.ports.has(authority.port));
  if (open !== undefined) return { decision: "allow", route: open.route };
  return deny(routes.length === 0 ? "no-route" : "port-not-allowed");
}

/** A denial for a reason, with the layer, retry hint and sentence that belong to it. */
function deny(reason: RefusalReason, route?: EgressRoute): Deny {
  const { layer, retry, message } = refusals[reason];
  return { decision: "deny", layer, reason, retry, message, ...(route === undefined ? {} : { route }) };
}

function choose(routes: readonly CompiledRoute[], request: DecisionRequest, target: RequestTarget): Decision {
  if (routes.length === 0) return deny("no-route");
  const byPort = routes.filter((candidate) => candidate.ports.has(request.port));
  if (byPort.length === 0) return deny("port-not-allowed", routes[0]?.route);
  const byMethod = byPort.filter((candidate) => candidate.methods?.has(request.method) ?? true);
  if (byMethod.length === 0) return deny("method-not-allowed", byPort[0]?.route);
  const fits = byMethod.filter((candidate) => fitsPath(candidate, target));
  const found = fits.find((candidate) => candidate.route.auth === undefined || request.secure);
  if (found !== undefined) return { decision: "allow", route: found.route };
  return fits.length === 0 ? deny("path-not-allowed", byMethod[0]?.route) : deny("credential-needs-tls", fits[0]?.route);
}

function fitsPath(candidate: CompiledRoute, target: RequestTarget): boolean {
  const { paths } = candidate;
  return paths === undefined || target.readings.every((reading) => paths.some((pattern) => matchesPath(pattern, reading)));
}
