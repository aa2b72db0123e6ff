import { once } from "node:events";
import { createServer as createHttp, type IncomingMessage, type RequestListener } from "node:http";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer as createTls, TLSSocket } from "node:tls";
import { createIssuer } from "../authority/leaf.ts";
import { mintAuthority } from "../authority/mint.ts";

/** A server outside. */
export interface Upstream extends AsyncDisposable {
  /** `127.0.0.1:PORT`, TLS; a certificate for every host it was made for. */
  readonly address: string;
  /** The same, plain. */
  readonly plainAddress: string;
  readonly caCertificate: string;
  /** Requests that arrived, in order. */
  readonly requests: IncomingMessage[];
  /** Connections open now. */
  readonly sockets: ReadonlySet<Socket>;
}

/** An HTTP server on loopback, once with TLS and once without. */
export async function startUpstream(host: string, listener: RequestListener, onUpgrade?: (request: IncomingMessage, socket: Socket) => void): Promise<Upstream> {
  const requests: IncomingMessage[] = [];
  const plain = createHttp((request, response) => {
    requests.push(request);
    listener(request, response);
  });
  plain.on("upgrade", (request: IncomingMessage, socket: Socket) => {
    requests.push(request);
    onUpgrade?.(request, socket);
  });
  return serve(host, plain, (socket) => void plain.emit("connection", socket), requests);
}

/** A server that answers each connection with whatever `onConnection` writes. */
export async function startRawUpstream(host: string, onConnection: (socket: Socket) => void): Promise<Upstream> {
  const plain = createHttp();
  plain.removeAllListeners("connection");
  plain.on("connection", onConnection);
  return serve(host, plain, onConnection, []);
}

async function serve(host: string, plain: Server, onSecure: (socket: Socket) => void, requests: IncomingMessage[]): Promise<Upstream> {
  const authority = mintAuthority({ commonName: "test upstream" });
  const leaf = createIssuer(authority)(host);
  const secure = createTls({ cert: leaf.certificate, key: leaf.key, ALPNProtocols: ["http/1.1"] }, onSecure);
  const sockets = new Set<Socket>();
  for (const server of [plain, secure]) {
    server.on("connection", (socket: Socket) => {
      // What TLS carries comes here once more.
      if (socket instanceof TLSSocket) return;
      sockets.add(socket);
      socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    });
  }
  secure.on("secureConnection", (socket) => socket.on("error", () => {}));
  secure.on("tlsClientError", () => {});
  const [address, plainAddress] = await Promise.all([listen(secure), listen(plain)]);
  return {
    address, plainAddress, caCertificate: authority.certificate, requests, sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await Promise.all([plain, secure].map((server) => new Promise((resolve) => server.close(resolve))));
    },
  };
}

async function listen(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}
