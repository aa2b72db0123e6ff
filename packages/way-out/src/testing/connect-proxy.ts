import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { createServer as createTlsServer, type TlsOptions } from "node:tls";

/** A proxy outside that answers CONNECT. */
export interface ConnectProxy extends AsyncDisposable {
  readonly port: number;
  /** The heads of the CONNECTs that arrived, in order. */
  readonly heads: string[];
  /** Connections open now. */
  readonly sockets: ReadonlySet<Socket>;
}

/** What a proxy does with a CONNECT: where it leads, or writes to the socket by itself. */
export type OnConnect = (authority: string, head: string, socket: Socket) => { readonly port: number } | undefined;

/** A small CONNECT proxy on loopback; with `tls` its clients speak TLS to it. */
export async function startConnectProxy(onConnect: OnConnect, tls?: TlsOptions): Promise<ConnectProxy> {
  const sockets = new Set<Socket>();
  const heads: string[] = [];
  const serve = (socket: Socket): void => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    let head = "";
    const onData = (chunk: Buffer): void => {
      head += chunk.toString("latin1");
      if (!head.includes("\r\n\r\n")) return;
      socket.off("data", onData);
      heads.push(head);
      const to = onConnect(/^CONNECT (\S+) HTTP\/1\.1\r\n/.exec(head)?.[1] ?? "", head, socket);
      if (to !== undefined) join(socket, to.port, sockets);
    };
    socket.on("data", onData);
  };
  const server = tls ? createTlsServer(tls, serve).on("tlsClientError", () => {}) : createServer(serve);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port, heads, sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function join(socket: Socket, port: number, sockets: Set<Socket>): void {
  const upstream = connect({ host: "127.0.0.1", port });
  sockets.add(upstream);
  upstream.on("error", () => socket.destroy()).once("close", () => {
    sockets.delete(upstream);
    socket.destroy();
  });
  socket.once("close", () => upstream.destroy());
  upstream.once("connect", () => {
    socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
    socket.pipe(upstream).pipe(socket);
  });
}
