import { WayOutError } from "../errors.ts";
import { type HostPort, parseAuthority } from "../host/authority.ts";
import { canonicalHost, isAddress } from "../host/host.ts";
import { isInRange, isPublicAddress, isRange, reachedAddress } from "./addresses.ts";

/** A private or special address that a host may have, on one port only. */
export interface PrivateAllowance {
  readonly host: string;
  readonly port: number;
  /** IPv4 or IPv6 range that the address must be in. */
  readonly cidr: string;
}

/** Exactly what will be dialled; nothing is resolved again. */
export interface Destination {
  readonly addresses: readonly string[];
  readonly port: number;
}

/** The guard's answer: where to dial, or why not. */
export type Verdict = Destination | { readonly refused: "address-forbidden" | "own-listener" | "name-not-found" };

/** What the guard needs of the world. */
export interface GuardOptions {
  /** Fixed answers in place of DNS: host → `address` or `address:port`. */
  readonly hosts: Readonly<Record<string, string>>;
  readonly allowPrivate: readonly PrivateAllowance[];
  /** All addresses of a name; rejects or answers with none if there are none. */
  readonly resolve: (host: string) => Promise<readonly string[]>;
  /** The addresses of this machine's interfaces, now. */
  readonly ownAddresses: () => readonly string[];
  /** The ports this proxy itself listens on, now. */
  readonly ownPorts: () => readonly number[];
}

/** Finds out where a request that the policy allowed may be dialled. Never rejects. */
export type Guard = (target: HostPort) => Promise<Verdict>;

/**
 * A guard against requests to the inside: a name is resolved once, every address it has is checked, and only those are dialled.
 * @throws WayOutError for a fixed host or an allowance that cannot be read
 */
export function createGuard(options: GuardOptions): Guard {
  const fixed = readFixedHosts(options.hosts);
  const allowances = options.allowPrivate.map(readAllowance);
  return async (target) => {
    const override = fixed.get(target.host);
    const found = override ? [override.host] : await addressesOf(target.host, options.resolve);
    const port = override?.port || target.port;
    if (found.length === 0) return { refused: "name-not-found" };
    // Asked for anew each time, but only if the verdict hangs on them: it takes longer than all the rest.
    let own: ReadonlySet<string> | undefined;
    const isHere = (address: string): boolean => (own ??= new Set(options.ownAddresses())).has(reachedAddress(address));
    const isOwn = (address: string): boolean => isHere(address) || isLoopback(address);
    if (options.ownPorts().includes(port) && found.some(isOwn)) return { refused: "own-listener" };
    const isFine = (address: string): boolean =>
      (isPublicAddress(address) && !isHere(address))
      || allowances.some((one) => one.host === target.host && one.port === target.port && isInRange(address, one.cidr));
    // One bad address refuses the name: which of them is dialled must not depend on luck.
    return override || found.every(isFine) ? { addresses: found, port } : { refused: "address-forbidden" };
  };
}

async function addressesOf(host: string, resolve: GuardOptions["resolve"]): Promise<readonly string[]> {
  if (isAddress(host)) return [host];
  return resolve(host).catch(() => []);
}

function isLoopback(address: string): boolean {
  return !isPublicAddress(address) && /^(?:127\.|0\.|::1$|::$|::ffff:(?:127\.|0\.|7f|0:))/.test(address);
}

function readFixedHosts(hosts: Readonly<Record<string, string>>): ReadonlyMap<string, HostPort> {
  const fixed = new Map<string, HostPort>();
  for (const [name, text] of Object.entries(hosts)) {
    const host = canonicalHost(name);
    const isBareIpv6 = text.includes("::") && !text.startsWith("[");
    const to = parseAuthority(isBareIpv6 ? `[${text}]` : text, 1);
    if (host === undefined || to === undefined || !isAddress(to.host)) {
      throw new WayOutError(`hosts: "${name}: ${text}" must be a host name and an address, or address:port.`);
    }
    const hasPort = isBareIpv6 ? false : /:[0-9]+$/.test(text);
    fixed.set(host, { host: to.host, port: hasPort ? to.port : 0 });
  }
  return fixed;
}

function readAllowance(given: PrivateAllowance): PrivateAllowance {
  const host = canonicalHost(given.host);
  if (host !== undefined && isRange(given.cidr) && Number.isInteger(given.port)) return { ...given, host };
  throw new WayOutError(`allowPrivate: ${given.host}:${given.port} in ${given.cidr} must be a host, a port and a range like 10.0.0.0/8.`);
}
