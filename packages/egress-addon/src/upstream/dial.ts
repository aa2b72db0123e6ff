import { once } from "node:events";
import { connect, isIPv6, type LookupFunction, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type SecureContext } from "node:tls";
import type { Guard } from "../guard/destination.ts";
import type { HostPort } from "../policy/authority.ts";
import { isAddress } from "../policy/host.ts";
import { toFailure, UpstreamFailure } from "./failure.ts";

/** An upstream, as a request names it. */
export interface Origin extends HostPort {
  readonly secure: boolean;
}

/** What a connection is used for, by its name in TLS (ALPN, RFC 7301). */
export type Protocol = "h2" | "http/1.1";

/** Opens a connection to an upstream, for HTTP/1.1 if nothing else is said. @throws UpstreamFailure */
export type Dial = (origin: Origin, protocols?: readonly Protocol[]) => Promise<Socket>;

/** Connections that dial only what the guard allows, within one time limit for name, connection and TLS together. */
export function createDial(options: {
  readonly guard: Guard;
  readonly trust: () => SecureContext;
  readonly timeoutMs: number;
}): Dial {
  return async (origin, protocols = ["http/1.1"]) => {
    const signal = AbortSignal.timeout(options.timeoutMs);
    const timedOut = once(signal, "abort").then(() => Promise.reject(new UpstreamFailure("upstream-timeout")));
    timedOut.catch(() => {});
    const verdict = await Promise.race([options.guard(origin), timedOut]);
    if ("refused" in verdict) throw new UpstreamFailure(verdict.refused);
    return open({ origin, protocols, ...verdict, trust: options.trust, signal });
  };
}

async function open(target: {
  readonly origin: Origin;
  readonly protocols: readonly Protocol[];
  readonly addresses: readonly string[];
  readonly port: number;
  readonly trust: () => SecureContext;
  readonly signal: AbortSignal;
}): Promise<Socket> {
  const { origin, port } = target;
  // The name is never looked up again: whatever asks gets the addresses that were checked.
  const pinned = { host: "pinned.invalid", port, lookup: pinnedLookup(target.addresses), noDelay: true, keepAlive: true };
  const socket = origin.secure
    ? connectTls({ ...pinned, servername: isAddress(origin.host) ? "" : origin.host, secureContext: target.trust(), rejectUnauthorized: true, ALPNProtocols: [...target.protocols],
      checkServerIdentity: (_name, certificate) => checkServerIdentity(origin.host, certificate) })
    : connect(pinned);
  try {
    await once(socket, origin.secure ? "secureConnect" : "connect", { signal: target.signal });
    return socket;
  } catch (error) {
    socket.on("error", () => {});
    socket.destroy();
    throw target.signal.aborted ? new UpstreamFailure("upstream-timeout", error) : toFailure(error);
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
