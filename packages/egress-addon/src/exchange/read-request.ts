import { type HostPort, parseAuthority } from "@bottle/way-out";
import type { DecisionRequest } from "../policy/decide.ts";
import type { RefusalReason } from "../policy/refusals.ts";
import { type RawHeaders, requestFacts } from "./headers.ts";

/** The tunnel that a request came through. */
export interface Tunnel extends HostPort {
  /** Whether TLS ends here. */
  readonly secure: boolean;
}

/** A request's head as it came. */
export interface RequestHead {
  readonly method: string;
  /** The request target, verbatim. */
  readonly target: string;
  readonly headers: RawHeaders;
  readonly httpVersion: string;
  /** Whether it asks to become a WebSocket. */
  readonly isUpgrade?: boolean;
  /** Whether a body follows, which HTTP/2 need not say in a header. */
  readonly hasBody: boolean;
  /** What an HTTP/2 head was found to be wrong with. */
  readonly malformed?: RefusalReason | undefined;
}

/** A request whose authority is settled. */
export interface ReadRequest extends DecisionRequest {
  /** All methods that an upstream may take it for, its own first; a route must allow each. */
  readonly methods: readonly string[];
}

/**
 * Settles where a request goes, from CONNECT, target and Host header, which must agree.
 * In a tunnel the target is a path, outside it is an absolute http URL.
 */
export function readRequest(head: RequestHead, tunnel: Tunnel | undefined): ReadRequest | { readonly refused: RefusalReason } {
  if (head.malformed !== undefined) return { refused: head.malformed };
  // Node's parser also takes HTTP/0.9, which has no version, and answers to it have no head.
  if (!versions.has(head.httpVersion)) return { refused: "request-malformed" };
  const facts = requestFacts(head.headers);
  const { hosts } = facts;
  const authority = parseAuthority(hosts[0] ?? "", tunnel?.secure ? 443 : 80);
  if (hosts.length !== 1 || authority === undefined) return { refused: "request-host-header" };
  const split = tunnel === undefined ? splitAbsolute(head.target) : splitOrigin(head.target, tunnel);
  if (split === undefined) return { refused: "request-target-form" };
  if (!isSame(authority, split.authority)) return { refused: "authority-mismatch" };
  if (!isEncodingKnown(facts.transferCodings, head.httpVersion)) return { refused: "transfer-encoding" };
  const { method } = head;
  const { host, port } = authority;
  return { host, port, method, path: split.path, secure: tunnel?.secure ?? false, websocket: head.isUpgrade === true, methods: methodsOf(head.method, facts.methodOverrides, split.path) };
}

const versions: ReadonlySet<string> = new Set(["1.0", "1.1", "2.0"]);

interface SplitTarget {
  readonly authority: HostPort;
  readonly path: string;
}

function splitAbsolute(target: string): SplitTarget | undefined {
  const match = /^http:\/\/([^/?#@\\]+)(\/[^#]*)?$/i.exec(target);
  const authority = parseAuthority(match?.[1] ?? "", 80);
  return authority && { authority, path: match?.[2] ?? "/" };
}

function splitOrigin(target: string, tunnel: Tunnel): SplitTarget | undefined {
  return target.startsWith("/") ? { authority: tunnel, path: target } : undefined;
}

function isSame(one: HostPort, other: HostPort): boolean {
  return one.host === other.host && one.port === other.port;
}

// Only what we frame ourselves again may come in: another coding would be dropped on the way and change the body.
function isEncodingKnown(codings: readonly string[], httpVersion: string): boolean {
  return codings.length === 0 || (codings.length === 1 && codings[0]?.trim().toLowerCase() === "chunked" && httpVersion === "1.1");
}

function methodsOf(method: string, overrides: readonly string[], path: string): readonly string[] {
  const at = path.indexOf("?");
  if (overrides.length === 0 && at === -1) return [method];
  const queried = at === -1 ? [] : new URLSearchParams(path.slice(at)).getAll("_method");
  return [method, ...[...overrides, ...queried].map((override) => override.trim().toUpperCase())];
}
