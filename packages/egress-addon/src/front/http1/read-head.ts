import { parseFields } from "../../fields.ts";

/** The head of a request that can be read in one way only. */
export interface PlainHead {
  readonly method: string;
  /** Path and query, verbatim. */
  readonly target: string;
  readonly fields: PlainFields;
  /** Bytes of it, its last empty line included. */
  readonly bytes: number;
}

/** The fields of a plain head. */
export interface PlainFields {
  /** Name, value, name, value, as they came; frozen once they have come again. */
  readonly raw: readonly string[];
  /** Length of the content, as it was said; absent: there is none. */
  readonly length?: string;
  /** Whether the client means to send more requests on this connection. */
  readonly keepsAlive: boolean;
  /** As they were on the wire. */
  readonly wire: Buffer;
}

const headEnd = Buffer.from("\r\n\r\n");
const lineEnd = Buffer.from("\r\n");
/** A longer head, and one with more fields, is left to Node. */
const longestBytes = 16 * 1024;
const mostFields = 100;
const requestLine = /^(GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) (\/[\x21-\x7e]*) HTTP\/1\.1$/;
/** What frames a request in another way, ends the connection's being one of requests, or waits for an answer in between. */
const unplain: ReadonlySet<string> = new Set(["transfer-encoding", "upgrade", "expect", "proxy-connection", "http2-settings", "trailer"]);

/**
 * Reads the head at the beginning of what a client sent (RFC 9112), if all of it is there and there is no doubt about it: a common method, a path,
 * HTTP/1.1, field lines without folding or blanks before the colon, at most one length and no coding. Fields that are byte for byte those of
 * `before` are not read again: its own are given.
 * @returns `undefined` for any other, which is not to say that it is wrong
 */
export function readPlainHead(bytes: Buffer, before: PlainFields | undefined): PlainHead | undefined {
  const first = bytes.indexOf(lineEnd);
  if (first === -1 || first > longestBytes) return undefined;
  const line = requestLine.exec(bytes.toString("latin1", 0, first));
  if (line === null) return undefined;
  const end = bytes.indexOf(headEnd, first);
  if (end === -1 || end > longestBytes) return undefined;
  const [, method = "", target = ""] = line;
  const isKnown = before !== undefined && isSame(before.wire, bytes, first, end);
  const fields = isKnown ? before : readFields(copyOf(bytes, first, end));
  // What is frozen is remembered by others, which pays for what comes again (ADR 21).
  if (isKnown) Object.freeze(before.raw);
  return fields && { method, target, fields, bytes: end + headEnd.length };
}

function isSame(wire: Buffer, bytes: Buffer, from: number, to: number): boolean {
  return wire.length === to - from && wire.compare(bytes, from, to) === 0;
}

// Of its own memory: a piece of Node's pool would hold all of that, 64 KiB, for as long as a connection is idle.
function copyOf(bytes: Buffer, from: number, to: number): Buffer {
  const copy = Buffer.allocUnsafeSlow(to - from);
  bytes.copy(copy, 0, from, to);
  return copy;
}

// From the end of the request line to that of the last field.
function readFields(wire: Buffer): PlainFields | undefined {
  const raw = parseFields(`${wire.toString("latin1", lineEnd.length)}${wire.length > 0 ? "\r\n" : ""}`, 0);
  if (raw === undefined || raw.length > 2 * mostFields) return undefined;
  let length: string | undefined;
  let keepsAlive = true;
  for (let at = 0; at < raw.length; at += 2) {
    const name = (raw[at] ?? "").toLowerCase();
    const value = raw[at + 1] ?? "";
    if (unplain.has(name)) return undefined;
    if (name === "content-length") {
      if (length !== undefined || !/^(?:0|[1-9][0-9]{0,14})$/.test(value)) return undefined;
      length = value;
    }
    if (name === "connection") {
      if (!/^(?:keep-alive|close)$/i.test(value)) return undefined;
      keepsAlive &&= value.length !== "close".length;
    }
  }
  return { raw, keepsAlive, wire, ...(length === undefined ? {} : { length }) };
}
