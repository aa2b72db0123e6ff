import { quote, visible } from "../text/visible.ts";
import type { Fault } from "./fault.ts";

/** An HTTP method of a route: a token in capitals. CONNECT and TRACE never pass the egress. */
export function methodFault(text: string): Fault | undefined {
  if (text === "CONNECT" || text === "TRACE") {
    return { code: "method-refused", message: `${text} never passes the egress.`, mend: "Remove it." };
  }
  if (/^[A-Z]{1,32}$/.test(text)) return undefined;
  const upper = text.slice(0, 33).trim().toUpperCase();
  return {
    code: "method-invalid",
    message: `${quote(text)} is not a method: methods are words in capitals.`,
    mend: text === "*" ? "Leave `methods` out to allow every method." : /^[A-Z]{1,32}$/.test(upper) ? upper : "For example: GET",
  };
}

/**
 * A path pattern of a route: starts with `/`; `*` is any run within one segment, `**` any number of whole segments. Requests are
 * compared decoded, in every reading a server may give them, so a pattern has no escapes: `*` stands where one would be.
 */
export function pathFault(text: string): Fault | undefined {
  const found = pathMends.find(({ is }) => is(text));
  return found && { code: "path-invalid", message: `${quote(text)} ${found.message}`, mend: visible(found.mend(text)).slice(0, 2100) };
}

interface PathMend {
  readonly is: (text: string) => boolean;
  readonly message: string;
  readonly mend: (text: string) => string;
}

const segmentsOf = (text: string): readonly string[] => text.slice(1).split("/");

const pathMends: readonly PathMend[] = [
  { is: (text) => text.length > 2048, message: "is longer than 2048 characters.", mend: () => "Shorten it with * or **." },
  { is: (text) => !text.startsWith("/"), message: "does not start with /.", mend: (text) => URL.parse(text)?.pathname || `/${text}` },
  {
    is: (text) => /[?#]/.test(text),
    message: "has a query or a fragment; routes look at the path alone.",
    mend: (text) => text.replace(/[?#].*$/s, ""),
  },
  {
    is: (text) => /[^!-~]|[\\"<>^`{|}%]/.test(text),
    message: "has characters that a request holds only escaped; requests are compared decoded.",
    mend: (text) => `Write * in their place: ${text.replace(/(?:%[0-9a-fA-F]{2}|[^!-~]|[\\"<>^`{|}%])+/g, "*").replace(/\*{2,}/g, "*")}`,
  },
  {
    is: (text) => segmentsOf(text).some((segment) => segment === "." || segment === ".."),
    message: "has a . or .. segment.",
    mend: (text) => URL.parse(text, "http://host")?.pathname ?? "/",
  },
  { is: (text) => text.includes("//"), message: "has an empty segment.", mend: (text) => text.replace(/\/{2,}/g, "/") },
  {
    is: (text) => segmentsOf(text).some((segment) => segment.includes("**") && segment !== "**"),
    message: "has ** inside a segment; it stands for whole segments.",
    mend: (text) => `/${segmentsOf(text).map((segment) => (segment === "**" ? segment : segment.replace(/\*{2,}/g, "*"))).join("/")}`,
  },
];

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
