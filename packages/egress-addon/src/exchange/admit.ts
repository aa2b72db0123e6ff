import { equip } from "../credentials/equip.ts";
import type { Outgoing } from "../credentials/outgoing.ts";
import type { Placeholders } from "../credentials/placeholder/compile-placeholders.ts";
import { findInHead } from "../credentials/placeholder/find-placeholders.ts";
import type { Tokens } from "../credentials/tokens.ts";
import { type CompiledPolicy, routesFor } from "../policy/compile.ts";
import { decide, type Decision } from "../policy/decide.ts";
import type { EgressRoute } from "../policy/model.ts";
import type { RefusalReason } from "../policy/refusals.ts";
import type { Finding } from "@bottle/secret-scan";
import { formatAuthority } from "@bottle/way-out";
import { scanHead } from "../dlp/scan-head.ts";
import type { Scanning } from "../dlp/scanning.ts";
import { refusalFor } from "../dlp/verdict.ts";
import { isCarrier } from "../policy/carrier.ts";
import { dlpOf } from "../policy/dlp.ts";
import { requestFacts } from "./headers.ts";
import { readRequest, type ReadRequest, type RequestHead, type Tunnel } from "./read-request.ts";

/** The name at which the proxy itself answers, inside only. */
export const introspectionHost = "_egress.local";

/** A request that may go out, as it will go out. */
export interface Admitted {
  readonly kind: "admitted";
  readonly read: ReadRequest;
  readonly route: EgressRoute;
  readonly outgoing: Outgoing;
  /** What its head was found to carry, and what is let pass. */
  readonly findings: readonly Finding[];
}

/** A request that may not, or one for the proxy itself. */
export type Admission =
  | Admitted
  | { readonly kind: "introspection"; readonly read: ReadRequest }
  | { readonly kind: "refused"; readonly reason: RefusalReason; readonly read?: ReadRequest; readonly route?: EgressRoute; readonly findings?: readonly Finding[] };

/** What a request is admitted by. */
export interface AdmitOptions {
  readonly head: RequestHead;
  readonly tunnel: Tunnel | undefined;
  readonly policy: CompiledPolicy;
  readonly tokens: Tokens;
  readonly placeholders: Placeholders;
  readonly scanning: Scanning;
}

/**
 * Settles the authority, decides, scans the head, and puts the credential in. Nothing is resolved or sent before this has said yes. Answers at
 * once, unless the credential has to be waited for.
 */
export function admit(options: AdmitOptions): Admission | Promise<Admission> {
  const { head } = options;
  const read = readRequest(head, options.tunnel);
  if ("refused" in read) return { kind: "refused", reason: read.refused };
  if (read.host === introspectionHost && read.port === 80 && !read.secure) return { kind: "introspection", read };
  const decision = decideAll(options.policy, read);
  const route = decision.route === undefined ? {} : { route: decision.route };
  if (hasForeign(options, read, decision)) return { kind: "refused", reason: "placeholder-misused", read, ...route };
  if (requestFacts(head.headers).contentTypes.some((type) => /git-receive-pack/i.test(type))) return { kind: "refused", reason: "git-push", read };
  if (decision.decision === "deny") return { kind: "refused", reason: decision.reason, read, ...route };
  if (isCarrier(decision.route, read.host)) return { kind: "refused", reason: "host-shape", read, ...route };
  if (!options.scanning.isLoaded) return options.scanning.load().then(() => admit(options));
  const findings = scanHead(options.scanning, { read, route: decision.route, headers: head.headers });
  const found = refusalFor(findings, dlpOf(decision.route).action);
  if (found !== undefined) return { kind: "refused", reason: found, read, ...route, findings };
  return equipFor(options, { read, route: decision.route, findings });
}

/** Decides a request for every method an upstream may take it for; the first refusal counts. */
export function decideAll(policy: CompiledPolicy, read: ReadRequest): Decision {
  const first = decide(policy, read);
  if (read.methods.length === 1) return first;
  const others = read.methods.slice(1).map((method) => decide(policy, { ...read, method }));
  return others.find((decision) => decision.decision === "deny") ?? first;
}

// A placeholder belongs to the route that allows the request; if none does, to all routes of the host, so that a plain miss is told as one.
function hasForeign({ head, policy, placeholders }: AdmitOptions, read: ReadRequest, decision: Decision): boolean {
  const found = findInHead(placeholders, { host: read.host, path: read.path, headers: head.headers });
  if (found.size === 0) return false;
  const routes = decision.decision === "allow" ? [decision.route] : routesFor(policy, read.host).map(({ route }) => route);
  return [...found].some((tokenRef) => !routes.some(({ auth }) => auth?.tokenRef === tokenRef));
}

function equipFor(options: AdmitOptions, { read, route, findings }: Pick<Admitted, "read" | "route" | "findings">): Admission | Promise<Admission> {
  const { auth } = route;
  const settle = (value: string | undefined): Admission => {
    if (auth !== undefined && value !== undefined) options.scanning.know(auth, value);
    const equipped = value === undefined || value === "" ? "credential-unavailable" : equipNow(options, { read, route, value });
    return typeof equipped === "string" ? { kind: "refused", reason: equipped, read, route } : { kind: "admitted", read, route, findings, outgoing: equipped };
  };
  if (auth === undefined) return settle("none");
  const value = ask(options.tokens, auth.tokenRef);
  return typeof value === "object" ? value.then(settle, () => settle(undefined)) : settle(value);
}

function equipNow(options: AdmitOptions, admitted: { readonly read: ReadRequest; readonly route: EgressRoute; readonly value: string }): Outgoing | RefusalReason {
  const { read, route, value } = admitted;
  const at = read.path.indexOf("?");
  const [path, query] = at === -1 ? [read.path, ""] : [read.path.slice(0, at), read.path.slice(at)];
  const authority = formatAuthority(read.host, read.port, read.secure ? 443 : 80);
  const request = { method: read.method, authority, path, query, headers: options.head.headers, hasBody: options.head.hasBody };
  const outgoing = equip(request, { auth: route.auth, value, placeholders: options.placeholders });
  if (typeof outgoing === "string" || outgoing.path === undefined) return outgoing;
  // With the value in it, the path must still be what was decided on.
  const again = decideAll(options.policy, { ...read, path: outgoing.path + outgoing.query });
  return again.decision === "allow" && again.route === route ? outgoing : "credential-invalid";
}

function ask(tokens: Tokens, tokenRef: string): string | undefined | Promise<string | undefined> {
  try {
    return tokens(tokenRef);
  } catch {
    return undefined;
  }
}
