/** Headers as they came: name, value, name, value. Case, order and duplicates are kept. */
export type RawHeaders = readonly string[];

const hopByHop = new Set([
  "connection", "keep-alive", "proxy-connection", "proxy-authenticate", "proxy-authorization", "proxy-authentication-info",
  "te", "trailer", "transfer-encoding", "upgrade", "http2-settings",
]);

// Headers by which some servers let a request name another method, path or host than the one decided on.
const rerouting = new Set([
  "x-original-url", "x-original-uri", "x-original-path", "x-original-host", "x-original-method", "x-rewrite-url", "x-rewrite-uri", "x-rewrite-path",
  "x-forwarded-host", "x-forwarded-server", "x-forwarded-uri", "x-forwarded-url", "x-forwarded-path", "x-forwarded-prefix", "x-forwarded-method",
  "x-host", "x-http-host-override", "x-envoy-original-path", "x-envoy-original-host", "x-envoy-original-method", "x-script-name", "forwarded",
]);
const ownPrefix = "x-bottle-";
const aliasable = new Set([...hopByHop, ...rerouting, "host", "content-length", "expect"]);

/** The names of all headers by which a request may ask to be taken for another method. */
export const methodOverrides: readonly string[] = ["x-http-method-override", "x-http-method", "x-method-override"];

/** All values of a header, given in lower case. CGI-like servers read `_` as `-`, so both are found. */
export function valuesOf(headers: RawHeaders, name: string): readonly string[] {
  const values: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    if (aliasName(headers[index] ?? "") === name) values.push(headers[index + 1] ?? "");
  }
  return values;
}

/** A header's name as the loosest server reads it. */
export function aliasName(name: string): string {
  const known = aliases.get(name);
  if (known !== undefined) return known;
  const alias = name.toLowerCase().replaceAll("_", "-");
  if (aliases.size < mostAliases && name.length < 100) aliases.set(name, alias);
  return alias;
}

// Every request asks for a dozen headers by name, and clients use few names.
const aliases = new Map<string, string>();
const mostAliases = 1_000;

/** What a request passes on: no hop-by-hop, `Connection`-nominated, rerouting or `Host` header, none of the names in `drop`. */
export function requestHeaders(headers: RawHeaders, drop: ReadonlySet<string>): string[] {
  const nominated = nominatedBy(headers);
  return keep(headers, (name, alias) => {
    if (hopByHop.has(alias) || rerouting.has(alias) || nominated.has(name) || drop.has(alias)) return false;
    return alias !== "host" && alias !== "expect" && (alias === name || !aliasable.has(alias));
  });
}

/** What an answer passes on: no hop-by-hop and no `Connection`-nominated header, and none by which the proxy marks its own answers. */
export function responseHeaders(headers: RawHeaders): string[] {
  const nominated = nominatedBy(headers);
  return keep(headers, (name) => !hopByHop.has(name) && !nominated.has(name) && !name.startsWith(ownPrefix));
}

/** Whether an answer's content is compressed, so that a credential in it could not be found. */
export function isEncoded(headers: RawHeaders): boolean {
  return valuesOf(headers, "content-encoding").some((coding) => !/^\s*(?:identity)?\s*$/i.test(coding));
}

/** Whether an answer has another transfer coding than chunked, which would reach the client as if it were the content. */
export function isRecoded(headers: RawHeaders): boolean {
  return valuesOf(headers, "transfer-encoding").some((coding) => coding.trim().toLowerCase() !== "chunked");
}

function keep(headers: RawHeaders, isKept: (name: string, alias: string) => boolean): string[] {
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? "";
    if (isKept(name.toLowerCase(), aliasName(name))) kept.push(name, headers[index + 1] ?? "");
  }
  return kept;
}

const none: ReadonlySet<string> = new Set();

function nominatedBy(headers: RawHeaders): ReadonlySet<string> {
  const values = valuesOf(headers, "connection");
  // Hop-by-hop headers go in any case.
  if (values.every((value) => /^(?:keep-alive|close)?$/i.test(value))) return none;
  return new Set(values.flatMap((value) => value.split(",")).map((name) => name.trim().toLowerCase()));
}
