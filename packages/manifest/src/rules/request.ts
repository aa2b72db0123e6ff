import { quote, visible } from "../text/visible.ts";
import type { Fault } from "./fault.ts";

/** An HTTP method of a route: a token in capitals. CONNECT and TRACE never pass the egress. */
export function methodFault(text: string): Fault | undefined {
  if (text === "CONNECT" || text === "TRACE") {
    return { code: "method-refused", message: `${text} never passes the egress.`, mend: "Remove it." };
  }
  if (/^[A-Z][A-Z-]{0,31}$/.test(text)) return undefined;
  const upper = text.slice(0, 33).trim().toUpperCase();
  return {
    code: "method-invalid",
    message: `${quote(text)} is not a method: methods are words in capitals.`,
    mend: text === "*" ? "Leave `methods` out to allow every method." : /^[A-Z][A-Z-]{0,31}$/.test(upper) ? upper : "For example: GET",
  };
}

/** A path pattern of a route: starts with `/`, one spelling only, `*` and `**` as whole segments or `*` within one. */
export function pathFault(text: string): Fault | undefined {
  const invalid = (message: string, mend: string): Fault => ({ code: "path-invalid", message, mend });
  if (text.length > 2048) return invalid(`${quote(text)} is longer than 2048 characters.`, "Shorten it with * or **.");
  if (!text.startsWith("/")) {
    const path = URL.parse(text)?.pathname;
    return invalid(`${quote(text)} does not start with /.`, path?.startsWith("/") ? path : `/${visible(text)}`);
  }
  if (/[?#]/.test(text)) return invalid(`${quote(text)} has a query or a fragment; routes look at the path alone.`, visible(text.replace(/[?#].*$/s, "")));
  if (/[^!-~]|[\\"<>^`{|}]/.test(text)) return invalid(`${quote(text)} has characters that a path holds only percent-encoded.`, encoded(text));
  if (/%(?![0-9A-F]{2})/.test(text)) return invalid(`${quote(text)} has a % that is not followed by two hex digits in capitals.`, text.replace(/%[0-9a-fA-F]{2}/g, (code) => code.toUpperCase()).replace(/%(?![0-9A-F]{2})/g, "%25"));
  if (/%(?:2[EF]|5C|00)/.test(text)) return invalid(`${quote(text)} has an encoded dot, slash, backslash or NUL, which servers read in different ways.`, "Write the plain character, or leave it out.");
  const segments = text.slice(1).split("/");
  if (segments.some((segment) => segment === "." || segment === "..")) return invalid(`${quote(text)} has a . or .. segment.`, URL.parse(text, "http://host")?.pathname ?? "/");
  if (text.includes("//")) return invalid(`${quote(text)} has an empty segment.`, text.replace(/\/{2,}/g, "/"));
  if (segments.some((segment) => segment.includes("**") && segment !== "**")) return invalid(`${quote(text)} has ** inside a segment; it stands for whole segments.`, text.replace(/\*{2,}/g, (stars, at: number) => (isWhole(text, at, stars.length) ? "**" : "*")));
  return undefined;
}

const unusableHeaders: ReadonlySet<string> = new Set([
  "host", "connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive", "expect",
  "proxy-authorization", "proxy-authenticate", "proxy-connection",
]);

/** The header that carries a credential: a token of RFC 9110, not one that frames or routes the request. */
export function headerNameFault(text: string): Fault | undefined {
  if (/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/.test(text) && !unusableHeaders.has(text.toLowerCase())) return undefined;
  return { code: "auth-name-invalid", message: `${quote(text)} cannot be the header that carries a credential.`, mend: "For example: name: x-api-key" };
}

/** The query parameter that carries a credential. */
export function queryNameFault(text: string): Fault | undefined {
  if (/^[A-Za-z0-9._~-]{1,64}$/.test(text)) return undefined;
  return { code: "auth-name-invalid", message: `${quote(text)} cannot be the query parameter that carries a credential.`, mend: "For example: name: api_key" };
}

function encoded(text: string): string {
  return visible(encodeURI(text.toWellFormed()).replaceAll("%25", "%"));
}

function isWhole(text: string, at: number, length: number): boolean {
  const after = text[at + length];
  return text[at - 1] === "/" && (after === undefined || after === "/");
}
