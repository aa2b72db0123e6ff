import { connect as connectTcp, isIP, type Socket } from "node:net";
import { connect as connectTls, createSecureContext, getCACertificates, type SecureContext } from "node:tls";
import type { Resolver, Target } from "../guard/resolve.ts";

const connectTimeoutMs = 10_000;

/** Connects to upstreams at addresses that were checked just now, and to no others. */
export type Connect = (destination: { readonly host: string; readonly port: number; readonly secure: boolean }) => Promise<Socket>;

/** Makes the connector: resolve once, judge, dial exactly that; TLS is verified against the system's CAs and the owner's. */
export function createConnect(resolver: Resolver, upstreamCas: readonly string[]): Connect {
  let trusted: SecureContext | undefined;
  const context = (): SecureContext => (trusted ??= createSecureContext({ ca: [...systemCas(), ...upstreamCas] }));
  return async ({ host, port, secure }) => {
    const socket = await dialFirst(await resolver.resolve(host, port));
    return secure ? endTls(socket, host, context()) : socket;
  };
}

// Node's own list, the machine's (corporate CAs) and NODE_EXTRA_CA_CERTS.
function systemCas(): readonly string[] {
  return [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
}

async function dialFirst(targets: readonly Target[]): Promise<Socket> {
  let failure: unknown = new Error("no address");
  for (const target of targets) {
    try {
      return await dial(target);
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function dial({ address, port }: Target): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({ host: address, port, noDelay: true, keepAlive: true });
    settle(socket, "connect", () => resolve(socket), reject);
  });
}

function endTls(socket: Socket, host: string, secureContext: SecureContext): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const secured = connectTls({ socket, secureContext, ALPNProtocols: ["http/1.1"], host, ...(isIP(host) === 0 && { servername: host }) });
    settle(secured, "secureConnect", () => resolve(secured), (error) => {
      socket.destroy();
      reject(error);
    });
  });
}

function settle(socket: Socket, event: string, done: () => void, fail: (error: unknown) => void): void {
  const timer = setTimeout(() => socket.destroy(new Error("the connection took too long")), connectTimeoutMs);
  const onError = (error: unknown): void => {
    clearTimeout(timer);
    fail(error);
  };
  socket.once("error", onError);
  socket.once(event, () => {
    clearTimeout(timer);
    socket.removeListener("error", onError);
    // From here the owner of the socket listens; until it does, an error must not end the process.
    socket.on("error", () => undefined);
    done();
  });
}
