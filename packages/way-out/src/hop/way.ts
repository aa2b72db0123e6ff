import type { HostPort } from "../host/authority.ts";
import { canonicalHost, isAddress } from "../host/host.ts";
import type { PrivateAllowance } from "../guard/destination.ts";
import type { Bypass } from "./bypass.ts";

/** How an upstream is reached: dialled by us, through the hop, or not at all. */
export type Way = "direct" | "hop" | "address-forbidden" | "own-listener";

/**
 * Decides the way. A fixed host and what `bypass` holds go directly, where the guard resolves and checks. What goes through the hop is resolved
 * there, so only what can be known by its name is refused here: the hop's own listener, and names that can only be private
 * (RFC 6761 `localhost`, RFC 6762 `local`, RFC 8375 `home.arpa`, ICANN's `internal`, and names of one label), unless an allowance names them.
 * pipelock can except a private address only for all names at once, so what an allowance names does not go through it.
 */
export function createWay(options: {
  readonly hop: HostPort & { readonly kind: "proxy" | "pipelock" };
  readonly bypass: Bypass;
  readonly hosts: Readonly<Record<string, string>>;
  readonly allowPrivate: readonly PrivateAllowance[];
}): (target: HostPort) => Way {
  const fixed = new Set(Object.keys(options.hosts).map(canonicalHost));
  const allowed = new Set(options.allowPrivate.map(({ host, port }) => `${canonicalHost(host)} ${port}`));
  return (target) => {
    if (fixed.has(target.host)) return "direct";
    if (target.host === options.hop.host && target.port === options.hop.port) return "own-listener";
    if (options.bypass(target)) return "direct";
    if (allowed.has(`${target.host} ${target.port}`)) return options.hop.kind === "pipelock" ? "direct" : "hop";
    return isPrivateName(target.host) ? "address-forbidden" : "hop";
  };
}

function isPrivateName(host: string): boolean {
  return !isAddress(host) && (!host.includes(".") || /\.(?:localhost|local|internal|home\.arpa)$/.test(host));
}
