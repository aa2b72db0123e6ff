/** A refusal before anything of a request is looked at, in plain text. */
export interface PlainAnswer {
  readonly status: number;
  readonly text: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** What a self-check recognises the server by. */
export const greeting = "This is bottle's supervise: MCP is at /mcp";

// What it is called inside. A page of a browser in there has another name, whatever address that name leads to.
const ownHost = /^(?:supervise|localhost|127\.0\.0\.1|\[::1\])(?::\d{1,5})?$/i;

/** The head of a request, each header as often as it came. */
export interface RequestHead {
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, readonly string[] | undefined>>;
}

/** Judges a request by its head alone; undefined for one that goes on to MCP. */
export function guard({ method, url, headers }: RequestHead): PlainAnswer | undefined {
  const hosts = headers["host"] ?? [];
  if (hosts.length !== 1 || !ownHost.test(hosts[0] ?? "")) return { status: 403, text: "This host name is not one of supervise's." };
  if ((headers["origin"] ?? []).some((origin) => !isOwnOrigin(origin))) return { status: 403, text: "Web pages of elsewhere cannot ask here." };
  if (url !== "/mcp") return { status: 404, text: greeting };
  if (method !== "POST" && method !== "DELETE") return { status: 405, text: "MCP is spoken here by POST; DELETE ends a session.", headers: { allow: "POST, DELETE" } };
  if (headers["content-encoding"] !== undefined) return { status: 415, text: "Bodies are read as they are, without a content coding." };
  return undefined;
}

function isOwnOrigin(origin: string): boolean {
  const host = /^https?:\/\/([^/]+)$/.exec(origin)?.[1];
  return host !== undefined && ownHost.test(host);
}
