import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type IContext, Proxy } from "http-mitm-proxy";

/** What the front hands on. */
export interface FrontHandlers {
  connect(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** `target` is the request target as it was sent: http-mitm-proxy rewrites `request.url` before its hooks run. */
  request(request: IncomingMessage, response: ServerResponse, target: string): void;
  /** Something threw; the request is not answered yet. */
  failed(response: ServerResponse): void;
}

/**
 * http-mitm-proxy with its own TLS, WebSocket, upstream and error paths closed: CONNECT and requests go through its dispatch and
 * its pipeline, and each ends in one of our handlers, which never call back. Its `listen` is not used: it opens TCP only, loads
 * RSA CAs only, and installs a WebSocket path that a client can crash.
 */
export class Front extends Proxy {
  readonly #targets = new WeakMap<IncomingMessage, string>();
  readonly #handlers: FrontHandlers;

  constructor(server: Server, handlers: FrontHandlers) {
    super();
    this.#handlers = handlers;
    this.options = {};
    this.httpServer = server;
    this.onConnect((request, socket, head: Buffer) => guarded(() => handlers.connect(request, socket, head), () => socket.destroy()));
    this.onRequest(({ clientToProxyRequest: request, proxyToClientResponse: response }: IContext) => {
      guarded(() => handlers.request(request, response, this.#targets.get(request) ?? ""), () => handlers.failed(response));
    });
  }

  /** A CONNECT that the server received. */
  connect(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    guarded(() => this._onHttpServerConnect(request, socket, head), () => socket.destroy());
  }

  /** A request that the server received, in a tunnel or outside. */
  request(request: IncomingMessage, response: ServerResponse, isSecure: boolean): void {
    this.#targets.set(request, request.url ?? "");
    guarded(() => this._onHttpServerRequest(isSecure, request, response), () => this.#handlers.failed(response));
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
