import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls, type SecureContext, type TLSSocket } from "node:tls";

/** A way to the upstream. */
export interface Way {
  /** Of the proxy on 127.0.0.1; absent: straight to the upstream. */
  readonly proxyPort?: number;
  readonly upstreamPort: number;
  /** Trusts whoever ends TLS on this way, and nobody else. */
  readonly secureContext: SecureContext;
}

/** Opens a connection to a name of the upstream, through CONNECT and TLS. @throws Error if either is refused */
export async function connectTo(way: Way, host: string): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port: way.proxyPort ?? way.upstreamPort, noDelay: true });
  try {
    await once(socket, "connect");
    if (way.proxyPort !== undefined) await openTunnel(socket, host);
    const secure = connectTls({ socket, servername: host, secureContext: way.secureContext, ALPNProtocols: ["http/1.1"] });
    await once(secure, "secureConnect");
    return secure.on("error", () => {});
  } catch (cause) {
    socket.destroy();
    throw cause;
  }
}

async function openTunnel(socket: Socket, host: string): Promise<void> {
  socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
  let answer = "";
  while (!answer.includes("\r\n\r\n")) {
    const [chunk] = await once(socket, "data") as [Buffer];
    answer += chunk.toString("latin1");
  }
  socket.pause();
  if (!/^HTTP\/1\.[01] 200 /.test(answer)) throw new Error(`bench: CONNECT to ${host} was answered ${answer.split("\r\n", 1)[0] ?? ""}`);
}
