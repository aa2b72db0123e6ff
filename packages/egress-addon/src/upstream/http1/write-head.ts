import { formatAuthority } from "@bottle/way-out";
import { isFieldName, isFieldValue } from "../../fields.ts";
import { perHead } from "../../per-head.ts";
import type { UpstreamRequest } from "../pools.ts";

/** How a request's content is framed (RFC 9112 6). */
export type RequestFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" };

const requestLine = /^[A-Z-]+ \/[\x21-\x7e]* HTTP\/1\.1$/;
const host = /^[\x21-\x7e]+$/;
/** A request without content says so, if its method has a use for one (RFC 9110 8.6). */
const withContent: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);
/** What frames the request, or whom it is for, is said here alone. */
const own: ReadonlySet<string> = new Set(["host", "transfer-encoding", "connection", "keep-alive", "proxy-connection", "upgrade", "expect", "te", "trailer"]);
// Most names are told apart by their length.
const ownLengths: ReadonlySet<number> = new Set([...own, "content-length"].map(({ length }) => length));
const none: RequestFraming = { kind: "none" };

/** The bytes before a request's content, each a character, and how that is framed. `undefined` for what cannot be sent so that it is read as it was meant. */
export function writeHead(request: UpstreamRequest): { readonly text: string; readonly framing: RequestFraming } | undefined {
  const { origin, method, path, headers, body, trailers } = request;
  const fields = fieldsOf(headers, undefined);
  if (fields === undefined) return undefined;
  const { length } = fields;
  const line = `${method} ${path} HTTP/1.1`;
  const authority = formatAuthority(origin.host, origin.port, origin.secure ? 443 : 80);
  const framing = framingOf({ hasBody: body !== null, length, hasTrailers: trailers.announced.length > 0 });
  if (framing === undefined || method === "CONNECT" || !requestLine.test(line) || !host.test(authority)) return undefined;
  if (!trailers.announced.every(isFieldName)) return undefined;
  let framed = "";
  if (framing.kind === "chunked") framed += "Transfer-Encoding: chunked\r\n";
  else if (framing.kind === "length") framed += `Content-Length: ${framing.bytes}\r\n`;
  else if (length !== undefined || withContent.has(method)) framed += "Content-Length: 0\r\n";
  if (framing.kind === "chunked" && trailers.announced.length > 0) framed += `Trailer: ${trailers.announced.join(", ")}\r\n`;
  return { text: `${line}\r\nHost: ${authority}\r\n${fields.text}${framed}\r\n`, framing };
}

/** The lines of headers as they are sent, but for the length that they say. */
interface Fields {
  readonly text: string;
  readonly length: string | undefined;
}

const fieldsOf = perHead<undefined, Fields | undefined>((headers) => {
  let text = "";
  let length: string | undefined;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? "";
    const value = headers[at + 1] ?? "";
    const alias = ownLengths.has(name.length) ? name.toLowerCase() : "";
    if (own.has(alias) || !isFieldName(name) || !isFieldValue(value)) return undefined;
    if (alias === "content-length") {
      if (length !== undefined) return undefined;
      length = value;
    } else text += `${name}: ${value}\r\n`;
  }
  return { text, length };
});

// Trailers have a place in chunks alone (RFC 9112 7.1.2).
function framingOf({ hasBody, length, hasTrailers }: {
  readonly hasBody: boolean;
  readonly length: string | undefined;
  readonly hasTrailers: boolean;
}): RequestFraming | undefined {
  if (length !== undefined && !/^[0-9]{1,15}$/.test(length)) return undefined;
  if (!hasBody) return length === undefined || Number(length) === 0 ? none : undefined;
  return length === undefined || hasTrailers ? { kind: "chunked" } : { kind: "length", bytes: Number(length) };
}
