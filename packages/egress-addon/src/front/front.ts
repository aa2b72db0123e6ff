import type { IncomingMessage, Server } from "node:http";
import type { Duplex } from "node:stream";
import { Proxy } from "http-mitm-proxy";

/** What the front hands on. */
export interface FrontHandlers {
  connect(request: IncomingMessage, socket: Duplex, head: Buffer): void;
}

/**
 * http-mitm-proxy with its own TLS, WebSocket, request, upstream and error paths closed: each CONNECT goes through its dispatch and
 * ends in our handler, which never calls back. Its `listen` is not used: it opens TCP only, loads RSA CAs only, and installs a
 * WebSocket path that a client can crash. What comes out of a tunnel does not pass it a second time: that cost a twentieth of a
 * request's time, and rewrote its URL.
 */
export class Front extends Proxy {
  constructor(server: Server, handlers: FrontHandlers) {
    super();
    this.options = {};
    this.httpServer = server;
    this.onConnect((request, socket, head: Buffer) => guarded(() => handlers.connect(request, socket, head), () => socket.destroy()));
  }

  /** A CONNECT that the server received. */
  connect(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    guarded(() => this._onHttpServerConnect(request, socket, head), () => socket.destroy());
  }

  // The base class writes these to the console, and the error's text to the client.
  override _onError(): void {}
  override _onSocketError(): void {}

  // Reached by the base class's TLS path only, which is never taken.
  override _onHttpServerConnectData(_request: IncomingMessage, socket: Duplex): void {
    socket.destroy();
  }
  override _createHttpsServer(): void {
    throw new Error("The front opens no inner TLS listener.");
  }
}

// A throw inside one of http-mitm-proxy's hooks ends the process.
function guarded(run: () => void, fail: () => void): void {
  try {
    run();
  } catch {
    fail();
  }
}
