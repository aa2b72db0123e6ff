import { canonicalHost } from "@bottle/way-out";
import { candidatesFor, type CompiledPolicy, denialsFor, routesFor } from "./compile.ts";
import { isGitPush } from "./git-push.ts";
import { grantOf } from "./grant.ts";
import { denialMissOf, type MatchSubject, type Miss, misses, missOf } from "./match.ts";
import { loosen } from "./loosen.ts";
import type { EgressRoute } from "./model.ts";
import { type RefusalLayer, type RefusalReason, type Retry, refusals } from "./refusals.ts";
import { readTarget } from "./target.ts";

/** What is asked for, as it came; `decide` normalises it. */
export interface DecisionRequest {
  readonly host: string;
  readonly port: number;
  readonly method: string;
  /** The origin-form target, query included. */
  readonly path: string;
  /** Whether the request goes out over TLS. */
  readonly secure: boolean;
  /** Whether it is an upgrade to WebSocket (RFC 6455, or RFC 8441 in HTTP/2). */
  readonly websocket?: boolean;
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
  /** The route that denies, or that would fit but for this reason, where there is one. */
  readonly route?: EgressRoute;
}

export type Decision = Allow | Deny;

const missReasons = {
  "port": "port-not-allowed",
  "method": "method-not-allowed",
  "path": "path-not-allowed",
  "websocket": "websocket-not-allowed",
  "needs-tls": "credential-needs-tls",
  "passthrough": "passthrough-only",
} as const satisfies Record<Miss, RefusalReason>;

/**
 * Decides one request: what is malformed or guarded is refused first, then a deny route that fits refuses, then any route that
 * fits allows, then a deny by default names the nearest miss. Pure and total: every input has an answer, and what is not
 * understood is denied. Among routes that fit, the most specific host goes first, then one with a credential, then the written order.
 * Granted routes come after all others, and not at all where another fits but for its `websocket: false` or the TLS that its credential needs.
 *
 * A passthrough route never allows a request: what it promises is that nothing in its tunnels is read, so the proxy has
 * nothing to decide, scan or inject. A request that it would have to read itself, such as plain http, is refused with
 * `passthrough-only` even if a route with more hosts would allow it, since that passthrough route is an exception from it.
 */
export function decide(policy: CompiledPolicy, request: DecisionRequest): Decision {
  const read = readSubject(request);
  return typeof read === "string" ? deny(read) : choose(policy, read.host, read.subject);
}

/**
 * Decides whether a tunnel to a host and port may be opened at all; each request inside is then decided on its own, unless
 * the route that allows the tunnel is a `passthrough` one: then nothing inside is read. The most specific host goes first.
 */
export function decideTunnel(policy: CompiledPolicy, authority: { readonly host: string; readonly port: number }): Decision {
  const host = canonicalHost(authority.host);
  if (host === undefined) return deny("host-invalid");
  if (!isPort(authority.port)) return deny("port-invalid");
  const names = ({ ports }: { readonly ports?: ReadonlySet<number> }): boolean => ports?.has(authority.port) ?? true;
  const denial = denialsFor(policy, host).find((candidate) => candidate.methods === undefined && candidate.paths === undefined && names(candidate));
  if (denial !== undefined) return deny("route-denied", denial.route);
  const routes = routesFor(policy, host);
  const open = routes.find(names);
  if (open !== undefined) return { decision: "allow", route: open.route };
  return deny(routes.length === 0 ? "no-route" : "port-not-allowed");
}

/** A request in its one reading, or why it is refused before any route is looked at. */
export function readSubject(request: DecisionRequest): RefusalReason | { readonly host: string; readonly subject: MatchSubject } {
  const { port, method, path, secure } = request;
  const host = canonicalHost(request.host);
  if (host === undefined) return "host-invalid";
  if (!isPort(port)) return "port-invalid";
  if (!/^[A-Z-]+$/.test(method) || method === "CONNECT" || method === "TRACE") return "method-forbidden";
  if (isGitPush(method, path)) return "git-push";
  const target = readTarget(path);
  if (target === undefined) return "path-ambiguous";
  const { readings } = target;
  let loose: typeof readings | undefined;
  return { host, subject: { port, method, secure, websocket: request.websocket === true, readings, looseReadings: () => loose ??= readings.map(loosen) } };
}

// The misses that a grant does not make up for.
const beforeGrants = misses.indexOf("websocket");

function choose(policy: CompiledPolicy, host: string, subject: MatchSubject): Decision {
  const { denials, routes } = candidatesFor(policy, host);
  const denial = denials.find((candidate) => denialMissOf(candidate, subject) === undefined);
  if (denial !== undefined) return deny("route-denied", denial.route);
  let nearest = -1;
  let near: EgressRoute | undefined;
  for (const candidate of routes) {
    if (nearest >= beforeGrants && grantOf(candidate.route) !== undefined) break;
    const miss = missOf(candidate, subject);
    if (miss === undefined) return { decision: "allow", route: candidate.route };
    if (miss === "passthrough") return deny(missReasons[miss], candidate.route);
    if (misses.indexOf(miss) <= nearest) continue;
    nearest = misses.indexOf(miss);
    near = candidate.route;
  }
  const miss = misses[nearest];
  return miss === undefined ? deny("no-route") : deny(missReasons[miss], near);
}

/** A denial for a reason, with the layer, retry hint and sentence that belong to it. */
function deny(reason: RefusalReason, route?: EgressRoute): Deny {
  const { layer, retry, message } = refusals[reason];
  return { decision: "deny", layer, reason, retry, message, ...(route === undefined ? {} : { route }) };
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}
