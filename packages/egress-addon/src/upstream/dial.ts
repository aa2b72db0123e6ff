import { connect, type Socket } from "node:net";
import { checkServerIdentity, connect as connectTls, type ConnectionOptions, type SecureContext } from "node:tls";
import { type Destination, findWay, type Guard, type HostPort, isAddress, openTunnel, pinned, type TrustedHop, untilOpen, UpstreamFailure } from "@bottle/way-out";

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
    const way = await findWay({ guard, via, target: origin, signal });
    if ("addresses" in way) return open({ origin, protocols, trust: options.trust, signal, destination: way });
    // In the clear pipelock would take what it finds in a tunnel for TLS that it cannot read, and maybe pass it.
    if (way.hop.kind === "pipelock" && !origin.secure && origin.isUnread !== true) throw new UpstreamFailure("hop-refused");
    const tunnel = await openTunnel({ ...way, target: { host: origin.host, port: origin.port }, signal });
    // Inside the tunnel pipelock speaks HTTP/1.1 alone.
    const spoken: readonly Protocol[] = way.hop.kind === "pipelock" ? ["http/1.1"] : protocols;
    return origin.secure ? secured({ origin, protocols: spoken, tunnel, trust: way.trust, signal }) : tunnel;
  };
}

async function open({ origin, protocols, destination, trust, signal }: {
  readonly origin: Origin;
  readonly destination: Destination;
  readonly protocols: readonly Protocol[];
  readonly trust: () => SecureContext;
  readonly signal: AbortSignal;
}): Promise<Socket> {
  const to = pinned(destination);
  return origin.secure ? untilOpen(connectTls({ ...to, ...tlsOptions({ origin, protocols, trust }) }), "secureConnect", signal) : untilOpen(connect(to), "connect", signal);
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
  return untilOpen(socket, "secureConnect", signal);
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
