import { timingSafeEqual, createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { rawTarget } from "./front/front.ts";
import { valuesOf } from "./headers.ts";
import type { EgressRoute } from "./model.ts";
import type { CompiledPolicy } from "./policy/compile.ts";
import { decide } from "./policy/decide.ts";
import { parseAuthority, type Authority } from "./policy/host.ts";

/** The name under which a bottle reads its routes. */
export const introspectionHost = "_egress.local";

/** How a connection came: directly to the proxy, or through a CONNECT whose host and port are settled. */
export interface Tunnel extends Authority {
  readonly secure: boolean;
}

/** What a request may do, decided once. */
export type Verdict =
  | { readonly kind: "forward"; readonly authority: Authority; readonly secure: boolean; readonly target: string; readonly path: string; readonly route: EgressRoute }
  | { readonly kind: "introspect" }
  | { readonly kind: "refuse"; readonly status: number; readonly layer: string; readonly reason: string; readonly retry: "ask" | "later" | "never"; readonly host: string; readonly port: number; readonly path: string };

const overrideHeaders = ["x-http-method-override", "x-http-method", "x-method-override"];

/** Whether the presented Proxy-Authorization is the bottle's; compared in constant time. */
export function isAuthorised(request: IncomingMessage, credential: { readonly username: string; readonly password: string } | undefined): boolean {
  if (!credential) return true;
  const presented = valuesOf(request.rawHeaders, "proxy-authorization");
  const expected = `Basic ${Buffer.from(`${credential.username}:${credential.password}`).toString("base64")}`;
  const digest = (text: string): Buffer => createHash("sha256").update(text).digest();
  return presented.length === 1 && timingSafeEqual(digest(presented[0]?.replace(/^basic /i, "Basic ") ?? ""), digest(expected));
}

/** Judges a request's form, its authority and the policy, in that order. Pure; all but a clear yes is a refusal. */
export function judge(request: IncomingMessage, tunnel: Tunnel | undefined, policy: CompiledPolicy): Verdict {
  const headers = request.rawHeaders;
  const hosts = valuesOf(headers, "host");
  const place = { host: tunnel?.host ?? hosts[0] ?? "", port: tunnel?.port ?? 80, path: "" };
  const refuse = (status: number, reason: string): Verdict => ({ kind: "refuse", status, layer: "guard", reason, retry: "never", ...place });
  if (hosts.length !== 1 || valuesOf(headers, "content-length").length > 1) return refuse(400, "bad-request");
  const encodings = valuesOf(headers, "transfer-encoding");
  if (encodings.length > 1 || encodings.some((value) => value.toLowerCase() !== "chunked")) return refuse(501, "transfer-encoding");
  const location = locate(request, tunnel, hosts[0] ?? "");
  if ("refuse" in location) return refuse(location.status, location.refuse);
  const { authority, target, secure } = location;
  if (!tunnel && authority.host === introspectionHost) return { kind: "introspect" };
  const methods = [request.method ?? "", ...overrideHeaders.flatMap((name) => valuesOf(headers, name)).map((value) => value.toUpperCase())];
  const decision = decide(policy, { ...authority, methods, target, secure });
  if (decision.decision === "allow") return { kind: "forward", authority, secure, target, path: decision.path, route: decision.route };
  return { kind: "refuse", status: 403, layer: decision.layer, reason: decision.reason, retry: decision.retry, ...authority, path: decision.path };
}

type Location = { readonly authority: Authority; readonly target: string; readonly secure: boolean } | { readonly refuse: string; readonly status: number };

/** Inside a tunnel the target is origin-form and Host is the tunnel's; outside it is an absolute http URL that Host repeats. */
function locate(request: IncomingMessage, tunnel: Tunnel | undefined, hostHeader: string): Location {
  const url = rawTarget(request);
  if (tunnel) {
    if (!url.startsWith("/")) return { refuse: "bad-request", status: 400 };
    const named = parseAuthority(hostHeader, tunnel.secure ? 443 : 80);
    if (named?.host !== tunnel.host || named.port !== tunnel.port) return { refuse: "authority-mismatch", status: 421 };
    return { authority: { host: tunnel.host, port: tunnel.port }, target: url, secure: tunnel.secure };
  }
  const [, authorityText, rest = ""] = /^http:\/\/([^/?#]*)(.*)$/i.exec(url) ?? [];
  const authority = authorityText === undefined ? undefined : authorityText === introspectionHost ? { host: introspectionHost, port: 80 } : parseAuthority(authorityText, 80);
  if (!authority) return { refuse: "bad-request", status: 400 };
  const named = hostHeader === introspectionHost ? { host: introspectionHost, port: 80 } : parseAuthority(hostHeader, 80);
  if (named?.host !== authority.host || named.port !== authority.port) return { refuse: "authority-mismatch", status: 421 };
  return { authority, target: rest.startsWith("/") ? rest : `/${rest}`, secure: false };
}
