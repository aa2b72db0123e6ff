import { once } from "node:events";
import { createSecureServer, type Http2SecureServer, type IncomingHttpHeaders, type SecureServerOptions, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { createIssuer } from "../authority/leaf.ts";
import { mintAuthority } from "../authority/mint.ts";
import type { Upstream } from "./upstream.ts";

/** A server outside that speaks HTTP/2. */
export interface SessionUpstream extends Upstream {
  readonly server: Http2SecureServer;
  /** Heads of the streams that arrived, in order. */
  readonly heads: IncomingHttpHeaders[];
  readonly sessions: ReadonlySet<ServerHttp2Session>;
}

/** An HTTP/2 server on loopback; it offers `h2` alone if not told otherwise. */
export async function startSessionUpstream(host: string, onStream: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void, options: SecureServerOptions = {}): Promise<SessionUpstream> {
  const authority = mintAuthority({ commonName: "test upstream" });
  const leaf = createIssuer(authority)(host);
  const server = createSecureServer({ cert: leaf.certificate, key: leaf.key, ...options });
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const heads: IncomingHttpHeaders[] = [];
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
  });
  server.on("sessionError", () => {});
  server.on("session", (session) => {
    sessions.add(session);
    session.once("close", () => sessions.delete(session));
  });
  server.on("stream", (stream, headers) => {
    heads.push(headers);
    stream.on("error", () => {});
    onStream(stream, headers);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address, plainAddress: address, caCertificate: authority.certificate, requests: [], sockets, server, heads, sessions,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
