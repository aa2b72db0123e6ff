import { canonicalHost } from "./host.ts";

/** Where a request goes: a canonical host and a port. */
export interface HostPort {
  readonly host: string;
  readonly port: number;
}

/**
 * Reads `host`, `host:port` or `[v6]:port`. Userinfo, spaces, empty or oversized ports, and hosts without a canonical form
 * give `undefined`, and so does a missing port if there is no default.
 */
export function parseAuthority(text: string, defaultPort?: number): HostPort | undefined {
  if (latest?.text === text && latest.defaultPort === defaultPort) return latest.authority;
  const authority = readAuthority(text, defaultPort);
  if (text.length <= longestKept) latest = { text, defaultPort, authority };
  return authority;
}

// One request after the other names the same.
let latest: { readonly text: string; readonly defaultPort: number | undefined; readonly authority: HostPort | undefined } | undefined;
const longestKept = 300;

function readAuthority(text: string, defaultPort: number | undefined): HostPort | undefined {
  const match = /^(\[[^\]]*\]|[^:[\]]*)(?::([0-9]{1,5}))?$/.exec(text);
  const host = canonicalHost(match?.[1] ?? "");
  const port = match?.[2] === undefined ? defaultPort : Number(match[2]);
  if (host === undefined || port === undefined || port < 1 || port > 65_535) return undefined;
  return { host, port };
}
