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

const methodOverrides: ReadonlySet<string> = new Set(["x-http-method-override", "x-http-method", "x-method-override"]);

/** All values of a header, given in lower case. CGI-like servers read `_` as `-`, so both are found. */
export function valuesOf(headers: RawHeaders, name: string): readonly string[] {
  let values: string[] | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    if (fieldAt(headers, index).alias === name) (values ??= []).push(headers[index + 1] ?? "");
  }
  return values ?? noValues;
}

/** The values of all headers by which a request may ask to be taken for another method. */
export function methodOverridesOf(headers: RawHeaders): readonly string[] {
  let values: string[] | undefined;
  for (let index = 0; index < headers.length; index += 2) {
    if (fieldAt(headers, index).isOverride) (values ??= []).push(headers[index + 1] ?? "");
  }
  return values ?? noValues;
}

/** A header's name as the loosest server reads it. */
export function aliasName(name: string): string {
  return fieldOf(name).alias;
}

/** What a request passes on: no hop-by-hop, `Connection`-nominated, rerouting or `Host` header, none of the names in `drop`. */
export function requestHeaders(headers: RawHeaders, drop: ReadonlySet<string>): string[] {
  const nominated = nominatedBy(headers);
  return keep(headers, ({ name, alias, goesOut }) => goesOut && !drop.has(alias) && !nominated.has(name));
}

/** What an answer passes on: no hop-by-hop and no `Connection`-nominated header, and none by which the proxy marks its own answers. */
export function responseHeaders(headers: RawHeaders): string[] {
  const nominated = nominatedBy(headers);
  return keep(headers, ({ name, comesBack }) => comesBack && !nominated.has(name));
}

/** Whether an answer's content is compressed, so that a credential in it could not be found. */
export function isEncoded(headers: RawHeaders): boolean {
  const codings = valuesOf(headers, "content-encoding");
  return codings.length > 0 && codings.some((coding) => !/^\s*(?:identity)?\s*$/i.test(coding));
}

/** Whether an answer has another transfer coding than chunked, which would reach the client as if it were the content. */
export function isRecoded(headers: RawHeaders): boolean {
  return valuesOf(headers, "transfer-encoding").some((coding) => coding.trim().toLowerCase() !== "chunked");
}

/** What is known of a header by its name alone. */
interface Field {
  /** In lower case. */
  readonly name: string;
  readonly alias: string;
  readonly isOverride: boolean;
  /** Whether it may pass to an upstream, and to a client. */
  readonly goesOut: boolean;
  readonly comesBack: boolean;
}

// Every request asks for a dozen headers by name, and programs use few names.
const fields = new Map<string, Field>();
const mostFields = 1_000;
const longestKept = 100;
const noValues: readonly string[] = [];

// The same headers are gone through a dozen times in a row: what stood at a place the last time mostly stands there again.
const recent: { readonly spelling: string; readonly field: Field }[] = [];
const mostRecent = 128;

function fieldAt(headers: RawHeaders, index: number): Field {
  const spelling = headers[index] ?? "";
  const place = index >> 1;
  const last = recent[place];
  if (last?.spelling === spelling) return last.field;
  const field = fieldOf(spelling);
  if (place < mostRecent && spelling.length < longestKept) recent[place] = { spelling, field };
  return field;
}

function fieldOf(spelling: string): Field {
  const known = fields.get(spelling);
  if (known !== undefined) return known;
  const name = spelling.toLowerCase();
  const alias = name.replaceAll("_", "-");
  const isOwn = alias === "host" || alias === "expect";
  const field = {
    name, alias, isOverride: methodOverrides.has(alias),
    goesOut: !isOwn && !hopByHop.has(alias) && !rerouting.has(alias) && (alias === name || !aliasable.has(alias)),
    comesBack: !hopByHop.has(name) && !name.startsWith(ownPrefix),
  };
  if (fields.size < mostFields && spelling.length < longestKept) fields.set(spelling, field);
  return field;
}

function keep(headers: RawHeaders, isKept: (field: Field) => boolean): string[] {
  const kept: string[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    if (isKept(fieldAt(headers, index))) kept.push(headers[index] ?? "", headers[index + 1] ?? "");
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
