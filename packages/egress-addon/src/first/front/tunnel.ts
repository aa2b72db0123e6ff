import type { IncomingMessage, Server } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket, type SecureContext } from "node:tls";
import type { Authority } from "../policy/host.ts";

const firstByteTimeoutMs = 10_000;
const tlsHandshake = 0x16;

/**
 * Answers an allowed CONNECT and takes what comes: TLS is ended here with the host's own certificate, plain HTTP stays
 * plain; either enters the listening server again, marked with the authority that CONNECT settled.
 */
export function openTunnel(options: {
  readonly socket: Socket;
  readonly head: Buffer;
  readonly request: IncomingMessage;
  readonly authority: Authority;
  readonly contextFor: (host: string) => SecureContext;
  readonly server: Server;
  readonly onOpen: (socket: Socket, secure: boolean) => void;
}): void {
  const { socket, head, authority, server, onOpen } = options;
  const timer = setTimeout(() => socket.destroy(), firstByteTimeoutMs);
  socket.once("close", () => clearTimeout(timer));
  socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
  if (head.length > 0) socket.unshift(head);
  socket.once("readable", () => {
    const chunk = socket.read() as Buffer | null;
    if (!chunk || chunk.length === 0) return void socket.destroy();
    socket.unshift(chunk);
    if (chunk[0] !== tlsHandshake) {
      clearTimeout(timer);
      // Only a method's letter starts HTTP; anything else is a protocol nobody here reads.
      if (!/[A-Z]/.test(String.fromCharCode(chunk[0] ?? 0))) return void socket.destroy();
      onOpen(socket, false);
      server.emit("connection", socket);
      return;
    }
    endTls(options, timer);
  });
  void authority;
}

function endTls({ socket, authority, contextFor, server, onOpen }: Parameters<typeof openTunnel>[0], timer: NodeJS.Timeout): void {
  const secured = new TLSSocket(socket, { isServer: true, secureContext: contextFor(authority.host), ALPNProtocols: ["http/1.1"] });
  secured.once("error", () => socket.destroy());
  secured.on("error", () => secured.destroy());
  secured.once("secure", () => {
    clearTimeout(timer);
    const named = (secured as { readonly servername?: string | false }).servername;
    if (typeof named === "string" && named !== "" && named.toLowerCase() !== authority.host) return void secured.destroy();
    onOpen(secured, true);
    server.emit("connection", secured);
  });
}
