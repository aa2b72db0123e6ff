import { formatAuthority } from "../../policy/host.ts";
import type { UpstreamRequest } from "../pools.ts";

/** How a request's content is framed (RFC 9112 6). */
export type RequestFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly bytes: number }
  | { readonly kind: "chunked" };

const fieldLines = /^(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+: [\t\x20-\x7e\x80-\xff]*\r\n)*$/;
const requestLine = /^[A-Z-]+ \/[\x21-\x7e]* HTTP\/1\.1$/;
/** A request without content says so, if its method has a use for one (RFC 9110 8.6). */
const withContent: ReadonlySet<string> = new Set(["POST", "PUT", "PATCH"]);
const none: RequestFraming = { kind: "none" };

/** The bytes before a request's content, each a character, and how that is framed. `undefined` for what cannot be sent so that it is read as it was meant. */
export function writeHead(request: UpstreamRequest): { readonly text: string; readonly framing: RequestFraming } | undefined {
  const { origin, method, path, headers, body, trailers } = request;
  const line = `${method} ${path} HTTP/1.1`;
  let fields = `Host: ${formatAuthority(origin.host, origin.port, origin.secure ? 443 : 80)}\r\n`;
  let length: string | undefined;
  for (let at = 0; at < headers.length; at += 2) {
    const name = headers[at] ?? "";
    const value = headers[at + 1] ?? "";
    if (name.length === 14 && name.toLowerCase() === "content-length") {
      if (length !== undefined) return undefined;
      length = value;
    } else fields += `${name}: ${value}\r\n`;
  }
  const framing = framingOf({ hasBody: body !== null, length, hasTrailers: trailers.announced.length > 0 });
  if (framing === undefined || !requestLine.test(line)) return undefined;
  if (framing.kind === "chunked") fields += "Transfer-Encoding: chunked\r\n";
  else if (framing.kind === "length") fields += `Content-Length: ${framing.bytes}\r\n`;
  else if (length !== undefined || withContent.has(method)) fields += "Content-Length: 0\r\n";
  if (framing.kind === "chunked" && trailers.announced.length > 0) fields += `Trailer: ${trailers.announced.join(", ")}\r\n`;
  return fieldLines.test(fields) ? { text: `${line}\r\n${fields}\r\n`, framing } : undefined;
}

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
