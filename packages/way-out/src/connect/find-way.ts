import { once } from "node:events";
import type { SecureContext } from "node:tls";
import { UpstreamFailure } from "../failure.ts";
import type { Destination, Guard } from "../guard/destination.ts";
import type { Hop } from "../hop/read-hop.ts";
import type { HostPort } from "../host/authority.ts";
import { isAddress } from "../host/host.ts";

/** A hop, with whom it and what comes through it may be signed by. */
export interface TrustedHop {
  readonly hop: Hop;
  readonly trust: () => SecureContext;
}

/**
 * Where an upstream is dialled, or the hop that leads to it. The hop resolves names; an address is known here, and stays guarded.
 * @throws UpstreamFailure
 */
export async function findWay({ guard, via, target, signal }: {
  readonly guard: Guard;
  readonly via: TrustedHop | undefined;
  readonly target: HostPort;
  readonly signal: AbortSignal;
}): Promise<Destination | TrustedHop> {
  const way = via?.hop.way(target) ?? "direct";
  if (way === "address-forbidden" || way === "own-listener") throw new UpstreamFailure(way);
  const isDirect = way === "direct" || via === undefined;
  if (!isDirect && !isAddress(target.host)) return via;
  const destination = await checked(guard, target, signal);
  if (!isDirect) return via;
  if (via !== undefined && leadsTo(destination, via.hop)) throw new UpstreamFailure("own-listener");
  return destination;
}

async function checked(guard: Guard, target: HostPort, signal: AbortSignal): Promise<Destination> {
  const timedOut = once(signal, "abort").then(() => Promise.reject(new UpstreamFailure("upstream-timeout")));
  timedOut.catch(() => {});
  const verdict = await Promise.race([guard(target), timedOut]);
  if ("refused" in verdict) throw new UpstreamFailure(verdict.refused);
  return verdict;
}

function leadsTo({ addresses, port }: Destination, hop: HostPort): boolean {
  return port === hop.port && addresses.includes(hop.host);
}
