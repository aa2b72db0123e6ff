import { parseFields } from "../../fields.ts";

/** How long an answer's content is (RFC 9112 6.3). */
export type Framing =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "until-close" };

/** The head of an answer. */
export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  /** Name, value, name, value, as received. */
  readonly headers: string[];
  readonly framing: Framing;
  /** Whether the connection may be used again (RFC 9112 9.3). */
  readonly keepsAlive: boolean;
  /** For how long the upstream says it keeps an idle connection open (`Keep-Alive: timeout`). */
  readonly keepAliveSeconds?: number | undefined;
}

const statusLine = /^HTTP\/1\.([01]) ([0-9]{3})(?: ([\t\x20-\x7e\x80-\xff]*))?$/;
const noContent: Framing = { kind: "none" };
const chunked: Framing = { kind: "chunked" };
const untilClose: Framing = { kind: "until-close" };
const none: readonly string[] = [];
// More than one, which none may be.
const tooMany: readonly string[] = ["", ""];

interface StatusLine {
  readonly isOld: boolean;
  readonly status: number;
  readonly statusText: string;
}

// Most answers begin as the one before.
let latest: { readonly text: string; readonly line: StatusLine | undefined } | undefined;
const longestKept = 100;

function parseLine(text: string): StatusLine | undefined {
  if (latest?.text === text) return latest.line;
  const [, minor, code = "", statusText = ""] = statusLine.exec(text) ?? [];
  const line = minor === undefined ? undefined : { isOld: minor === "0", status: Number(code), statusText };
  if (text.length <= longestKept) latest = { text, line };
  return line;
}

/**
 * Reads the head of an answer, as strictly as it can be read: what a second reader could take otherwise is no answer.
 * @param text the head without its last empty line, each byte a character
 * @param isToHead whether it answers a HEAD request, so that no content follows
 * @returns `undefined` if it is malformed, or says its length in two ways
 */
export function parseHead(text: string, isToHead: boolean): ResponseHead | undefined {
  const start = text.indexOf("\r\n") + 2;
  const line = parseLine(text.slice(0, start - 2));
  const headers = line && parseFields(text, start);
  if (line === undefined || headers === undefined) return undefined;
  const { isOld, status, statusText } = line;
  let lengths = none;
  let codings = none;
  let connection = "";
  let isKeepAliveSaid = false;
  let keepAliveSeconds: number | undefined;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? "";
    // Most names are told apart by their length.
    if (name.length !== 10 && name.length !== 14 && name.length !== 17) continue;
    const value = headers[at + 1] ?? "";
    const alias = name.toLowerCase();
    if (alias === "content-length") lengths = lengths === none ? [value] : tooMany;
    else if (alias === "transfer-encoding") codings = codings === none ? [value] : tooMany;
    else if (alias === "connection") {
      if (value === "keep-alive") isKeepAliveSaid = true;
      else connection += `,${value.toLowerCase()}`;
    }
    else if (alias === "keep-alive") keepAliveSeconds = secondsOf(value);
  }
  const options = connection === "" ? none : connection.split(",").map((option) => option.trim());
  const isKept = !options.includes("close") && (!isOld || isKeepAliveSaid || options.includes("keep-alive"));
  const framing = framingOf({ status, isToHead, isOld, lengths, codings });
  // Content that a faulty server sends where there is none would be read as the next answer.
  const mayBeFollowed = isToHead || (status === 204 && codings.length > 0);
  return framing && { status, statusText, headers, framing, keepsAlive: isKept && !mayBeFollowed && framing.kind !== "until-close", keepAliveSeconds };
}

function framingOf({ status, isToHead, isOld, lengths, codings }: {
  readonly status: number;
  readonly isToHead: boolean;
  readonly isOld: boolean;
  readonly lengths: readonly string[];
  readonly codings: readonly string[];
}): Framing | undefined {
  const [length = "", ...more] = lengths;
  const isLengthRight = lengths.length === 0 || (more.length === 0 && /^[0-9]{1,15}$/.test(length));
  // Both, or a coding that HTTP/1.0 does not have: smuggling (RFC 9112 6.1). Another coding than chunked was not asked for.
  const isCodingRight = codings.length === 0 || (codings.length === 1 && !isOld && lengths.length === 0 && codings[0]?.toLowerCase() === "chunked");
  if (!isLengthRight || !isCodingRight) return undefined;
  // RFC 9110 8.6, RFC 9112 6.1. That nothing follows is often said of a 204, and does no harm.
  if (status < 200 && lengths.length + codings.length > 0) return undefined;
  if (status === 204 && Number(length) !== 0) return undefined;
  if (isToHead || status < 200 || status === 204 || status === 304) return noContent;
  if (codings.length > 0) return chunked;
  return lengths.length > 0 ? { kind: "length", bytes: Number(length) } : untilClose;
}

function secondsOf(value: string): number | undefined {
  const seconds = /(?:^|[\s,])timeout=([0-9]{1,6})(?:$|[\s,])/i.exec(value)?.[1];
  return seconds === undefined ? undefined : Number(seconds);
}
