import type { RefusalReason } from "../policy/refusals.ts";
import type { RawHeaders } from "./headers.ts";

/** An HTTP/2 request's head in the form that HTTP/1.1 has. */
export interface StreamHead {
  readonly method: string;
  readonly target: string;
  /** `host` first, from `:authority`; then the fields as they came, the crumbs of a cookie joined. */
  readonly headers: string[];
  /** Why it is not passed on, whatever the policy says. */
  readonly malformed?: RefusalReason;
}

const pseudoNames = new Set([":method", ":scheme", ":authority", ":path"]);
const connectionNames = new Set(["connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade", "http2-settings"]);

const largestListBytes = 64 * 1024;

/**
 * Reads the fields of a HEADERS block (RFC 9113 8.3). Every rule is checked here too, although Node's library refuses most of it
 * earlier, since what is wrong could be read as something else once it is written as HTTP/1.1.
 */
export function readStreamHead(fields: RawHeaders): StreamHead {
  const pseudo = new Map<string, string>();
  const headers: string[] = [];
  const crumbs: string[] = [];
  let malformed: RefusalReason | undefined = sizeOf(fields) > largestListBytes ? "request-too-large" : undefined;
  for (let index = 0; index < fields.length; index += 2) {
    const name = fields[index] ?? "";
    const value = fields[index + 1] ?? "";
    if (!isField(name, value) || (name.startsWith(":") && (!pseudoNames.has(name) || pseudo.has(name) || headers.length + crumbs.length > 0))) malformed ??= "request-malformed";
    else if (connectionNames.has(name) || (name === "te" && value !== "trailers")) malformed ??= "request-malformed";
    else if (name.startsWith(":")) pseudo.set(name, value);
    else if (name === "cookie") crumbs.push(value);
    else headers.push(name, value);
  }
  if (crumbs.length > 0) headers.push("cookie", crumbs.join("; "));
  const scheme = pseudo.get(":scheme");
  const host = settleHost(pseudo.get(":authority"), headers);
  if (host === undefined) malformed ??= "authority-mismatch";
  if (scheme === undefined || !pseudo.has(":method") || !pseudo.has(":path")) malformed ??= "request-malformed";
  else if (scheme !== "https") malformed ??= "authority-mismatch";
  return {
    method: pseudo.get(":method") ?? "", target: pseudo.get(":path") ?? "",
    headers: [...(host === undefined ? [] : ["host", host]), ...withoutHost(headers)],
    ...(malformed === undefined ? {} : { malformed }),
  };
}

// As RFC 9113 6.5.2 counts it. Node holds only those to the announced size that have acknowledged it.
function sizeOf(fields: RawHeaders): number {
  return fields.reduce((size, field) => size + field.length + 16, 0);
}

// A Host field may stand in for `:authority`, or repeat it; two that differ would let two servers read two hosts (RFC 9113 8.3.1).
function settleHost(authority: string | undefined, headers: RawHeaders): string | undefined {
  const named = headers.filter((_, index) => index % 2 === 1 && headers[index - 1] === "host");
  const first = authority ?? named[0] ?? "";
  return named.every((host) => host.toLowerCase() === first.toLowerCase()) ? first : undefined;
}

function withoutHost(headers: RawHeaders): string[] {
  return headers.filter((_, index) => headers[index - index % 2] !== "host");
}

// RFC 9113 8.2.1: lower-case token names, no NUL, CR or LF, and no space around a value.
function isField(name: string, value: string): boolean {
  return /^:?[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name) && !/[\0\r\n]|^[ \t]|[ \t]$/.test(value);
}
