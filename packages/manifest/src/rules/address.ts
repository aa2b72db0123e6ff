import { quote } from "../text/visible.ts";
import type { Fault } from "./fault.ts";

/** A canonical address as a number; `width` is 32 or 128 bits. */
interface Address {
  readonly bits: bigint;
  readonly width: 32 | 128;
}

/** The canonical form of an IP address (RFC 5952 for IPv6, without brackets), or undefined if it is none in any usual spelling. */
export function canonicalAddress(text: string): string | undefined {
  if (!/^[0-9a-fA-FxX.:]{1,45}$/.test(text)) return undefined;
  const host = text.includes(":") ? hostOf(`[${text}]`)?.slice(1, -1) : hostOf(text);
  return host !== undefined && (host.includes(":") || /^[0-9.]+$/.test(host)) ? host : undefined;
}

/** A CIDR such as `10.0.0.0/8`: canonical address, no bits set beyond the prefix, not the whole internet. */
export function cidrFault(text: string): Fault | undefined {
  const [written = "", prefixText, ...rest] = text.split("/");
  const canonical = canonicalAddress(written);
  if (canonical === undefined || rest.length > 0 || (prefixText !== undefined && !/^[0-9]{1,3}$/.test(prefixText))) {
    return fault(`${quote(text)} is not a CIDR.`, "For example: 192.168.1.0/24 or fd00::/8");
  }
  const { bits, width } = addressBits(canonical);
  const prefix = prefixText === undefined ? width : Number(prefixText);
  if (prefix > width) return fault(`${quote(text)} has a prefix beyond ${width}.`, `${canonical}/${width}`);
  if (prefix === 0) return fault(`${quote(text)} holds every address there is.`, "Name the network that the host is in.");
  const network = showAddress({ bits: (bits >> BigInt(width - prefix)) << BigInt(width - prefix), width });
  const wanted = `${network}/${prefix}`;
  if (text === wanted) return undefined;
  if (prefixText === undefined) return fault(`${quote(text)} has no prefix length.`, wanted);
  return fault(`${quote(text)} is not in canonical form.`, network === canonical ? wanted : `${wanted}, or ${canonical}/${width} for the one address`);
}

/** `address` or `address:port`; an IPv6 address stands in brackets. */
export function socketAddressFault(text: string): Fault | undefined {
  const { address, port, bracketed } = splitSocketAddress(text);
  const canonical = canonicalAddress(address);
  if (canonical === undefined) {
    return { code: "address-invalid", message: `${quote(text)} is not an address.`, mend: "For example: 10.0.0.5, 10.0.0.5:8443 or [fd00::5]:8443" };
  }
  const shown = canonical.includes(":") ? `[${canonical}]` : canonical;
  const isPort = port === undefined || (/^[1-9][0-9]{0,4}$/.test(port) && Number(port) <= 65_535);
  if (!isPort) return { code: "address-invalid", message: `${quote(text)} has no valid port; ports are 1 to 65535.`, mend: `For example: ${shown}:443` };
  const wanted = port === undefined ? shown : `${shown}:${port}`;
  if (text === wanted && bracketed === canonical.includes(":")) return undefined;
  return { code: "address-invalid", message: `${quote(text)} is not in canonical form.`, mend: wanted };
}

function splitSocketAddress(text: string): { readonly address: string; readonly port?: string; readonly bracketed: boolean } {
  const bracket = /^\[([^\]]*)\](?::(.*))?$/.exec(text);
  if (bracket) return { address: bracket[1] ?? "", ...(bracket[2] !== undefined && { port: bracket[2] }), bracketed: true };
  const colon = text.indexOf(":");
  if (colon === -1 || text.includes(":", colon + 1)) return { address: text, bracketed: false };
  return { address: text.slice(0, colon), port: text.slice(colon + 1), bracketed: false };
}

function hostOf(authority: string): string | undefined {
  return URL.parse(`http://${authority}/`)?.hostname;
}

function addressBits(canonical: string): Address {
  if (!canonical.includes(":")) {
    return { bits: canonical.split(".").reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n), width: 32 };
  }
  const [head = "", tail] = canonical.split("::");
  const left = head === "" ? [] : head.split(":");
  const right = tail === undefined || tail === "" ? [] : tail.split(":");
  const groups = [...left, ...Array.from({ length: 8 - left.length - right.length }, () => "0"), ...right];
  return { bits: groups.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n), width: 128 };
}

function showAddress({ bits, width }: Address): string {
  if (width === 32) return [24n, 16n, 8n, 0n].map((shift) => (bits >> shift) & 255n).join(".");
  const groups = Array.from({ length: 8 }, (_, at) => ((bits >> BigInt(112 - 16 * at)) & 0xffffn).toString(16));
  return canonicalAddress(groups.join(":")) ?? groups.join(":");
}

function fault(message: string, mend: string): Fault {
  return { code: "cidr-invalid", message, mend };
}
