import { canonicalHost, formatAuthority, type PrivateAllowance } from "@bottle/way-out";
import { dlpOf } from "../../policy/dlp.ts";
import type { EgressRoute } from "../../policy/model.ts";

/** Which hosts pipelock lets out, and which of them it does not look into. */
export interface PipelockHosts {
  /** For `api_allowlist`. Its `*.x` also holds `x`, which the routes then refuse before it. */
  readonly allowed: readonly string[];
  /** For `passthrough_domains`, where `*.x` does not hold `x`. */
  readonly passthrough: readonly PassthroughHost[];
}

/** A host that pipelock tunnels unread, and the first reason for it. */
export interface PassthroughHost {
  readonly host: string;
  /**
   * `credential`: what is injected there would be taken for a leak. `unread`: the client's own TLS passes, which it would break. `dlp`: the
   * route warns or does not scan. `operator`: named by the operator.
   */
  readonly why: "credential" | "unread" | "dlp" | "operator";
}

// pipelock refuses an empty list in strict mode; RFC 6761 keeps this name from ever being anyone's.
const nobody = "nobody.invalid";

// The first of them is told where there are several.
const reasons: readonly PassthroughHost["why"][] = ["credential", "unread", "dlp", "operator"];

/**
 * Reads the routes as pipelock can follow them: by host alone. Ports, methods and paths stay this proxy's; a host is passed unread if any of its
 * routes needs it, or a route to a wider name that holds it.
 */
export function pipelockHosts(routes: readonly EgressRoute[], operator: readonly string[] = []): PipelockHosts {
  const named = routes.map((route) => ({ host: canonicalPattern(route.host), why: reasonOf(route) }));
  const asked = operator.map((host) => ({ host: canonicalPattern(host), why: "operator" as const }));
  const passthrough = new Map<string, PassthroughHost>();
  for (const reason of reasons) {
    for (const { host, why } of [...named, ...asked]) if (why === reason && !passthrough.has(host)) passthrough.set(host, { host, why });
  }
  const allowed = [...new Set(named.map(({ host }) => host))].sort();
  return { allowed: allowed.length === 0 ? [nobody] : allowed, passthrough: [...passthrough.values()].sort((a, b) => a.host < b.host ? -1 : 1) };
}

/** What an operator must be told: what pipelock does not see. One sentence each. */
export function describeUnscanned(hosts: PipelockHosts, allowPrivate: readonly PrivateAllowance[] = []): readonly string[] {
  const beside = [...new Set(allowPrivate.map(({ host, port }) => formatAuthority(canonicalPattern(host), port)))].sort();
  const named = (why: PassthroughHost["why"]): string => hosts.passthrough.filter((one) => one.why === why).map(({ host }) => host).join(", ");
  const say = (list: string, because: string): readonly string[] => list === "" ? [] : [`pipelock does not scan ${list}: ${because}`];
  return [
    ...say(named("credential"), "a credential is injected there, which it would take for a leak."),
    ...say(named("unread"), "its route lets TLS through unread."),
    ...say(named("dlp"), "the route's dlp is warn or off, and pipelock can only block."),
    ...say(named("operator"), "the operator passes it through."),
    ...say(beside.join(", "), "the address is allowed though private, and dialled beside it."),
    "pipelock does not carry WebSockets and plain http: on hosts that it scans the former fail, and on all the latter is refused.",
  ];
}

function canonicalPattern(host: string): string {
  const isWildcard = host.startsWith("*.");
  const name = canonicalHost(isWildcard ? host.slice(2) : host) ?? host.toLowerCase();
  return isWildcard ? `*.${name}` : name;
}

function reasonOf(route: EgressRoute): PassthroughHost["why"] | undefined {
  if (route.auth !== undefined) return "credential";
  if (route.passthrough === true) return "unread";
  return dlpOf(route).action === "block" ? undefined : "dlp";
}
