import { spellings } from "@bottle/secret-scan/known";
import type { RouteAuth } from "../policy/model.ts";
import { aliasName, dropNone, type RawHeaders, requestHeaders } from "../exchange/headers.ts";
import { asLasting, perHead } from "../per-head.ts";
import type { Outgoing } from "./outgoing.ts";
import { credentialParts } from "./parts.ts";

/** Where programs commonly put credentials. On a route that has one, none of the agent's own passes. */
export const credentialHeaders: readonly string[] = ["authorization", "x-api-key", "api-key", "x-goog-api-key", "x-auth-token", "private-token"];

/** By these an answer comes compressed, or in slices too short to find the credential in. */
export const shapingHeaders: readonly string[] = ["accept-encoding", "grpc-accept-encoding", "range", "if-range"];

/** Whether a value can be sent in a header or a query at all. */
export function isSendable(value: string): boolean {
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value);
}

/** A request's headers and query with the hop-by-hop headers removed. */
export function passOn(headers: RawHeaders, query: string): Outgoing {
  return { headers: requestHeaders(headers, dropNone), query, secrets: [] };
}

/** A credential of which the program inside need not know. */
export type InjectedAuth = RouteAuth & { readonly scheme: "bearer" | "basic" | "token" | "header" | "query" };

/** Whether the proxy puts it in by itself, wherever the program would have. */
export function isInjected(auth: RouteAuth): auth is InjectedAuth {
  return auth.scheme !== "placeholder" && auth.scheme !== "sigv4";
}

/**
 * Removes every credential the client sent and puts the route's in. Answers to it are asked for uncompressed and whole, so that
 * a reflected credential can be found in them.
 */
export function inject(headers: RawHeaders, query: string, credential: { readonly auth: InjectedAuth; readonly value: string }): Outgoing {
  const { auth, value } = credential;
  const known = knownOf(auth, value);
  const kept = requestHeaders(headers, replacedHeaders(auth));
  return { headers: withAdded(kept, known.added), query: auth.scheme === "query" ? injectQuery(query, auth.name ?? "", value) : query, secrets: known.secrets };
}

const withAdded = perHead<readonly string[], RawHeaders>((headers, added) => asLasting([...headers, ...added], headers));

const dropped = new WeakMap<InjectedAuth, ReadonlySet<string>>();

/** The names of the client's headers that do not pass, in lower case. */
export function replacedHeaders(auth: InjectedAuth): ReadonlySet<string> {
  const names = dropped.get(auth) ?? new Set([...credentialHeaders, ...shapingHeaders, ...(auth.scheme === "header" ? [aliasName(auth.name ?? "")] : [])]);
  dropped.set(auth, names);
  return names;
}

/** What a value is sent as. */
interface Known {
  readonly value: string;
  /** Headers, the one with the value among them. */
  readonly added: RawHeaders;
  readonly secrets: readonly string[];
}

// Kept per route, since a route's value rarely changes and each request needs its spellings.
const knownValues = new WeakMap<InjectedAuth, Known>();

function knownOf(auth: InjectedAuth, value: string): Known {
  const last = knownValues.get(auth);
  if (last?.value === value) return last;
  const sent = auth.scheme === "basic" ? [basic(value)] : [];
  const secrets = [...new Set([...credentialParts(auth, value), ...sent].flatMap(spellings))];
  const credential = auth.scheme === "query" ? [] : [auth.scheme === "header" ? auth.name ?? "" : "Authorization", wireValue(auth, value)];
  const known = { value, added: ["Accept-Encoding", "identity", ...credential], secrets };
  knownValues.set(auth, known);
  return known;
}

function wireValue(auth: InjectedAuth, value: string): string {
  switch (auth.scheme) {
    case "bearer": return `Bearer ${value}`;
    case "token": return `token ${value}`;
    case "basic": return `Basic ${basic(value)}`;
    case "header":
    case "query": return value;
  }
}

function basic(value: string): string {
  return Buffer.from(value.includes(":") ? value : `${value}:`).toString("base64");
}

function injectQuery(query: string, name: string, value: string): string {
  const kept = withoutParameter(query, name);
  return `${kept}${kept === "?" ? "" : "&"}${encodeURIComponent(name)}=${encodeURIComponent(value)}`;
}

/** A query, with its `?`, without a parameter in whichever spelling. */
export function withoutParameter(query: string, name: string): string {
  return `?${query.slice(1).split("&").filter((pair) => pair !== "" && !isNamed(pair, name)).join("&")}`;
}

// Compared as the loosest server would: decoded, without case, and without what PHP does to array parameters.
function isNamed(pair: string, name: string): boolean {
  const sent = pair.split("=", 1)[0] ?? "";
  const decoded = sent.replaceAll("+", " ").replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const plain = (text: string): string => text.trim().toLowerCase().replace(/\[.*$/s, "").replace(/[ .-]/g, "_");
  return plain(decoded) === plain(name);
}
