import { isIPv4, isIPv6 } from "node:net";

/** Host and port of one destination, in the one canonical spelling. */
export interface Authority {
  /** Lower-case name, IPv4, or IPv6 without brackets. */
  readonly host: string;
  readonly port: number;
}

const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;

/**
 * A host in canonical form; undefined for everything ambiguous: other spellings of addresses (octal, hex, integer,
 * short), trailing dots, non-ASCII, user information, empty labels.
 */
export function canonicalHost(text: string): string | undefined {
  const host = text.toLowerCase();
  if (host.startsWith("[")) return host.endsWith("]") ? canonicalIPv6(host.slice(1, -1)) : undefined;
  if (host.length === 0 || host.length > 253) return undefined;
  const labels = host.split(".");
  if (!labels.every((part) => label.test(part))) return undefined;
  // A last label of digits, or like 0x7f, is an address to someone (WHATWG URL, "ends in a number").
  if (/^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "")) return isIPv4(host) ? host : undefined;
  return host;
}

function canonicalIPv6(text: string): string | undefined {
  if (!isIPv6(text) || text.includes("%")) return undefined;
  return new URL(`http://[${text}]`).hostname.slice(1, -1);
}

/** Reads `host:port`; without a port, `defaultPort` if there is one. Undefined for anything ambiguous. */
export function parseAuthority(text: string, defaultPort?: number): Authority | undefined {
  const match = /^(\[[^\]]*\]|[^:[\]]*)(?::([0-9]{1,5}))?$/.exec(text);
  const host = match?.[1] === undefined ? undefined : canonicalHost(match[1]);
  const port = match?.[2] === undefined ? defaultPort : Number(match[2]);
  if (host === undefined || port === undefined || port < 1 || port > 65_535) return undefined;
  return { host, port };
}

/** `host:port` as people read it. */
export function formatAuthority({ host, port }: Authority): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}
