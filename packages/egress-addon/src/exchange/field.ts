/** What is known of a header by its name alone. */
export interface Field {
  /** In lower case. */
  readonly name: string;
  /** As the loosest server reads it: CGI-like ones take `_` for `-`. */
  readonly alias: string;
  /** Whether it may ask to be taken for another method. */
  readonly isOverride: boolean;
  /** Whether it may pass to an upstream, and to a client. */
  readonly goesOut: boolean;
  readonly comesBack: boolean;
}

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

// Programs use few names.
const fields = new Map<string, Field>();
const mostFields = 1_000;
const longestKept = 100;

// The same headers are gone through again and again: what stood at a place the last time mostly stands there again.
const recent: { readonly spelling: string; readonly field: Field }[] = [];
const mostRecent = 128;

/** The field whose name stands at an index of raw headers. */
export function fieldAt(headers: readonly string[], index: number): Field {
  const spelling = headers[index] ?? "";
  const place = index >> 1;
  const last = recent[place];
  if (last?.spelling === spelling) return last.field;
  const field = fieldOf(spelling);
  if (place < mostRecent && spelling.length < longestKept) recent[place] = { spelling, field };
  return field;
}

export function fieldOf(spelling: string): Field {
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
