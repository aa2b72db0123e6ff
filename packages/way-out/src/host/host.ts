const label = /^[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?$/;
const octet = /^(?:0|[1-9][0-9]{0,2})$/;
/** RFC 1035's 253 characters and a trailing dot. */
const longest = 254;

/**
 * The one spelling of a host: a lower-case ASCII name without a trailing dot, a canonical IPv4 address, or a compressed IPv6
 * address without brackets. `undefined` for everything else: octal, hex, short or integer IPv4 forms, zones, raw non-ASCII.
 * A label `xn--…` (RFC 5890) is a name like any other: it is compared as it is written, never decoded.
 */
export function canonicalHost(text: string): string | undefined {
  const known = canonical.get(text);
  if (known !== undefined || canonical.has(text)) return known;
  const host = readHost(text);
  if (canonical.size >= mostKept) canonical.clear();
  if (text.length <= longest) canonical.set(text, host);
  return host;
}

// Each request names its host several times, and programs use few hosts.
const canonical = new Map<string, string | undefined>();
const mostKept = 1_000;

function readHost(text: string): string | undefined {
  // Before lower-casing, which makes an ASCII k of the Kelvin sign.
  if (text.length > longest || /[^\x21-\x7e]/.test(text)) return undefined;
  if (text.startsWith("[")) return text.endsWith("]") ? canonicalIpv6(text.slice(1, -1)) : undefined;
  if (text.includes(":")) return canonicalIpv6(text);
  const name = text.toLowerCase().replace(/\.$/, "");
  const labels = name.split(".");
  if (name.length > 253 || !labels.every((part) => label.test(part))) return undefined;
  // As in the URL standard: a name whose last label is a number or 0x… is an IPv4 address to someone.
  if (!/^(?:[0-9]+|0x[0-9a-f]*)$/.test(labels.at(-1) ?? "")) return name;
  return isIpv4(name) && !text.endsWith(".") ? name : undefined;
}

/** Whether the text is an IPv4 address in its canonical form. */
function isIpv4(text: string): boolean {
  const parts = text.split(".");
  return parts.length === 4 && parts.every((part) => octet.test(part) && Number(part) < 256);
}

/** Whether a canonical host is an IP address of either family. */
export function isAddress(host: string): boolean {
  return host.includes(":") || isIpv4(host);
}

/** The IPv4 address inside a canonical v4-mapped (RFC 4291) or NAT64 (RFC 6052) one, which is where that leads. */
export function embeddedIpv4(host: string): string | undefined {
  const groups = /^(?:::ffff|64:ff9b:):([0-9a-f]{1,4}):([0-9a-f]{1,4})$/.exec(host)?.slice(1);
  return groups?.map((group) => Number.parseInt(group, 16)).flatMap((value) => [value >> 8, value & 255]).join(".");
}

/** `host`, or `host:port` where the port is not the scheme's own; IPv6 in brackets. */
export function formatAuthority(host: string, port: number, defaultPort?: number): string {
  const name = host.includes(":") ? `[${host}]` : host;
  return port === defaultPort ? name : `${name}:${port}`;
}

function canonicalIpv6(text: string): string | undefined {
  if (!/^[0-9a-f:.]{2,45}$/i.test(text) || !URL.canParse(`http://[${text}]/`)) return undefined;
  return new URL(`http://[${text}]/`).hostname.slice(1, -1);
}
