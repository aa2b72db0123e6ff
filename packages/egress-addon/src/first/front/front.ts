import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { Proxy } from "http-mitm-proxy";
import type { ListenAddress } from "../model.ts";

/** What the proxy's own code does with what arrives. */
export interface FrontHandlers {
  connect(request: IncomingMessage, socket: Socket, head: Buffer): void;
  request(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Socket, head: Buffer): void;
  /** An error of the library's pipeline; its text never reaches a client. */
  error(response: ServerResponse | undefined): void;
}

const maxHeaderBytes = 65_536;
const headersTimeoutMs = 30_000;
const keepAliveTimeoutMs = 60_000;
const maxConnections = 20_000;

/**
 * http-mitm-proxy with the parts of it that hold: the dispatch of CONNECT and the request pipeline. Its own `listen` is
 * replaced, because that one opens TCP only, loads an RSA CA and installs a WebSocket path that a client can crash; its
 * TLS servers and its upstream side are never reached, since neither hook calls back.
 */
export class Front extends Proxy {
  readonly #handlers: FrontHandlers;

  constructor(handlers: FrontHandlers) {
    super();
    this.#handlers = handlers;
    this.onConnect((request, socket, head) => guard(() => handlers.connect(request, socket as Socket, head), () => socket.destroy()));
    this.onRequest(({ clientToProxyRequest: request, proxyToClientResponse: response }) => {
      guard(() => handlers.request(request, response), () => response.destroy());
    });
  }

  /** Starts the one listening server: it alone enforces header time-outs, so tunnelled connections enter it again. */
  async start(address: ListenAddress): Promise<Server> {
    const server = createServer({ maxHeaderSize: maxHeaderBytes, noDelay: true, keepAlive: true });
    server.headersTimeout = headersTimeoutMs;
    server.requestTimeout = 0;
    server.keepAliveTimeout = keepAliveTimeoutMs;
    server.maxConnections = maxConnections;
    server.on("connect", (request: IncomingMessage, socket: Socket, head: Buffer) => {
      socket.on("error", () => socket.destroy());
      this._onHttpServerConnect(request, socket, head);
    });
    const enter = (request: IncomingMessage, response: ServerResponse): void => {
      // The library rewrites an absolute target before its hooks run; what the client wrote is what is judged.
      rawTargets.set(request, request.url ?? "");
      guard(() => this._onHttpServerRequest(false, request, response), () => response.destroy());
    };
    server.on("request", enter);
    server.on("checkContinue", enter);
    server.on("upgrade", (request: IncomingMessage, socket: Socket, head: Buffer) => {
      socket.on("error", () => socket.destroy());
      guard(() => this.#handlers.upgrade(request, socket, head), () => socket.destroy());
    });
    server.on("clientError", (_, socket: Socket) => {
      if (socket.writable) socket.end("HTTP/1.1 400 Bad Request\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", () => socket.destroy());
      else socket.destroy();
    });
    this.options = {};
    this.httpServer = server;
    await listen(server, address);
    return server;
  }

  override _onError(_kind: string, context: { readonly proxyToClientResponse?: ServerResponse } | null): void {
    this.#handlers.error(context?.proxyToClientResponse);
  }

  override _onSocketError(): void {
    // The library prints here; a client that goes away is no news.
  }
}

const rawTargets = new WeakMap<IncomingMessage, string>();

/** A request's target as the client wrote it. */
export function rawTarget(request: IncomingMessage): string {
  return rawTargets.get(request) ?? request.url ?? "";
}

// A throw inside the library's hooks ends the process.
function guard(run: () => void, fail: () => void): void {
  try {
    run();
  } catch {
    fail();
  }
}

function listen(server: Server, address: ListenAddress): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen("unix" in address ? { path: address.unix } : { host: address.host, port: address.port }, () => {
      server.removeListener("error", reject);
      server.on("error", () => undefined);
      resolve();
    });
  });
}
