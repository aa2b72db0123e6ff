import { once } from "node:events";
import { connect, isIPv6, type LookupFunction, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type ConnectionOptions, type SecureContext } from "node:tls";
import type { Destination, Guard } from "../guard/destination.ts";
import { openTunnel } from "../hop/open-tunnel.ts";
import type { Hop } from "../hop/read-hop.ts";
import type { HostPort } from "../policy/authority.ts";
import { isAddress } from "../policy/host.ts";
import { toFailure, UpstreamFailure } from "./failure.ts";

/** An upstream, as a request names it. */
export interface Origin extends HostPort {
  /** Whether TLS is spoken from here. */
  readonly secure: boolean;
  /** The client's own TLS goes over it, seen to begin with a ClientHello for this very host. */
  readonly isUnread?: boolean;
}

/** What a connection is used for, by its name in TLS (ALPN, RFC 7301). */
export type Protocol = "h2" | "http/1.1";

/** Opens a connection to an upstream, for HTTP/1.1 if nothing else is said. @throws UpstreamFailure */
export type Dial = (origin: Origin, protocols?: readonly Protocol[]) => Promise<Socket>;

/** A hop, with whom it and what comes through it may be signed by. */
export interface TrustedHop {
  readonly hop: Hop;
  readonly trust: () => SecureContext;
}

/** Connections that dial only what the guard allows, within one time limit for name, connection, hop and TLS together. */
export function createDial(options: {
  readonly guard: Guard;
  readonly trust: () => SecureContext;
  readonly timeoutMs: number;
  readonly via?: TrustedHop;
}): Dial {
  const { guard, via } = options;
  return async (origin, protocols = ["http/1.1"]) => {
    const signal = AbortSignal.timeout(options.timeoutMs);
    const way = via?.hop.way(origin) ?? "direct";
    if (way === "address-forbidden" || way === "own-listener") throw new UpstreamFailure(way);
    if (way === "direct" || via === undefined) {
      const destination = await checked(guard, origin, signal);
      if (via !== undefined && leadsTo(destination, via.hop)) throw new UpstreamFailure("own-listener");
      return open({ origin, protocols, trust: options.trust, signal, destination });
    }
    // The hop resolves names; an address is known here, and stays guarded.
    if (isAddress(origin.host)) await checked(guard, origin, signal);
    // In the clear pipelock would take what it finds in a tunnel for TLS that it cannot read, and maybe pass it.
    if (via.hop.kind === "pipelock" && !origin.secure && origin.isUnread !== true) throw new UpstreamFailure("hop-refused");
    const tunnel = await openTunnel({ ...via, target: origin, signal });
    // Inside the tunnel pipelock speaks HTTP/1.1 alone.
    const spoken: readonly Protocol[] = via.hop.kind === "pipelock" ? ["http/1.1"] : protocols;
    return origin.secure ? secured({ origin, protocols: spoken, tunnel, trust: via.trust, signal }) : tunnel;
  };
}

async function checked(guard: Guard, origin: Origin, signal: AbortSignal): Promise<Destination> {
  const timedOut = once(signal, "abort").then(() => Promise.reject(new UpstreamFailure("upstream-timeout")));
  timedOut.catch(() => {});
  const verdict = await Promise.race([guard(origin), timedOut]);
  if ("refused" in verdict) throw new UpstreamFailure(verdict.refused);
  return verdict;
}

function leadsTo({ addresses, port }: Destination, hop: HostPort): boolean {
  return port === hop.port && addresses.includes(hop.host);
}

async function open({ origin, protocols, destination, trust, signal }: {
  readonly origin: Origin;
  readonly destination: Destination;
  readonly protocols: readonly Protocol[];
  readonly trust: () => SecureContext;
  readonly signal: AbortSignal;
}): Promise<Socket> {
  // The name is never looked up again: whatever asks gets the addresses that were checked.
  const pinned = { host: "pinned.invalid", port: destination.port, lookup: pinnedLookup(destination.addresses), noDelay: true, keepAlive: true };
  return origin.secure ? ready(connectTls({ ...pinned, ...tlsOptions({ origin, protocols, trust }) }), "secureConnect", signal) : ready(connect(pinned), "connect", signal);
}

async function secured({ origin, protocols, tunnel, trust, signal }: {
  readonly origin: Origin;
  readonly protocols: readonly Protocol[];
  readonly tunnel: Socket;
  readonly trust: () => SecureContext;
  readonly signal: AbortSignal;
}): Promise<Socket> {
  const socket = connectTls({ ...tlsOptions({ origin, protocols, trust }), socket: tunnel });
  socket.once("close", () => tunnel.destroy());
  return ready(socket, "secureConnect", signal);
}

function tlsOptions({ origin, protocols, trust }: {
  readonly origin: Origin;
  readonly protocols: readonly Protocol[];
  readonly trust: () => SecureContext;
}): ConnectionOptions {
  return {
    servername: isAddress(origin.host) ? "" : origin.host, secureContext: trust(), rejectUnauthorized: true, ALPNProtocols: [...protocols],
    checkServerIdentity: (_name, certificate) => checkServerIdentity(origin.host, certificate),
  };
}

async function ready(socket: Socket, event: "connect" | "secureConnect", signal: AbortSignal): Promise<Socket> {
  try {
    await once(socket, event, { signal });
    return socket;
  } catch (error) {
    socket.on("error", () => {});
    socket.destroy();
    throw signal.aborted ? new UpstreamFailure("upstream-timeout", error) : toFailure(error);
  }
}

function pinnedLookup(addresses: readonly string[]): LookupFunction {
  const found = addresses.map((address) => ({ address, family: isIPv6(address) ? 6 : 4 }));
  return (_host, options, callback) => {
    const [first] = found;
    if (options.all) callback(null, found);
    else callback(null, first?.address ?? "", first?.family);
  };
}
