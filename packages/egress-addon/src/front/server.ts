import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Socket } from "node:net";
import type { Duplex } from "node:stream";
import { TLSSocket } from "node:tls";
import { createServer } from "../node-http.ts";
import type { RefusalReason } from "../policy/refusals.ts";
import type { ClientRequest, ClientResponse } from "../exchange/client.ts";
import { type Connections, createConnections } from "./connections.ts";
import type { Front, FrontHandlers } from "./front.ts";
import { PlainConnection, type PlainOptions } from "./http1/connection.ts";

/** What the server hands on. */
export interface ServerHandlers extends FrontHandlers {
  /** `target` as it was sent. */
  request(request: ClientRequest, response: ClientResponse, target: string): void;
  /** Something threw; the request is not answered yet. */
  failed(response: ClientResponse): void;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Whether an upgrade request is a WebSocket; others are served as if they had not asked. */
  isWebSocket(request: IncomingMessage): boolean;
  /** A request that could not be parsed, on a socket that is not in the middle of an answer. */
  malformed(socket: Duplex, reason: RefusalReason): void;
}

/** A server that is not listening yet. */
export interface FrontServer {
  readonly server: Server;
  readonly connections: Connections;
  /** Whether a request waits for `100 Continue`. */
  expectsContinue(request: ClientRequest): boolean;
  /** Serves what comes out of a tunnel whose TLS ended here. */
  serve(socket: Duplex): void;
  /** Loads http-mitm-proxy before the first CONNECT asks for it. */
  warm(): void;
}

const largestHeadBytes = 64 * 1024;
/** Connections that Node accepts while others are still closing to make room for them. */
const closingAtOnce = 256;

/** The one server that all connections enter: raw ones, and again what comes out of a tunnel, so that its limits hold there too. */
export function createFrontServer(options: {
  readonly headMs: number;
  readonly idleMs: number;
  readonly maxConnections: number;
  readonly handlers: ServerHandlers;
}): FrontServer {
  const { handlers } = options;
  const server = createServer({
    maxHeaderSize: largestHeadBytes, headersTimeout: options.headMs, requestTimeout: 0, keepAliveTimeout: options.idleMs, connectionsCheckingInterval: 5_000,
    noDelay: true, keepAlive: true, requireHostHeader: false, shouldUpgradeCallback: handlers.isWebSocket,
  });
  server.maxConnections = options.maxConnections + closingAtOnce;
  const connections = trackSockets(server, options.maxConnections);
  const awaited = limitFirstHead(server, options.headMs);
  const answering = trackAnswers();
  const expecting = new WeakSet<ClientRequest>();
  const withFront = loadFront(server, handlers);
  const onRequest = (request: IncomingMessage, response: ServerResponse): void => {
    const { socket } = request;
    awaited.arrived(socket);
    answering.began(socket, response);
    connections.began(socket);
    response.on("error", () => {});
    response.once("close", () => connections.ended(socket));
    serve(handlers, request, response, request.url ?? "");
  };
  server.on("request", onRequest);
  // Node would send 100 itself; ours comes after the decision.
  server.on("checkContinue", (request, response) => {
    expecting.add(request);
    onRequest(request, response);
  });
  // Node would answer 417 by itself, unrecorded; what is not known is not passed on either.
  server.on("checkExpectation", onRequest);
  server.on("connect", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    awaited.arrived(socket);
    // Until it is known what the tunnel carries.
    connections.began(socket);
    withFront((front) => front.connect(request, socket, head));
  });
  server.on("upgrade", (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    awaited.arrived(socket);
    connections.began(socket);
    handlers.upgrade(request, socket, head);
  });
  server.on("clientError", (error: NodeJS.ErrnoException, socket: Duplex) => {
    if (answering.has(socket) || error.code === "ECONNRESET") socket.destroy();
    else handlers.malformed(socket, reasonOf(error.code));
  });
  const plain = plainOptions(options, { server, connections });
  return {
    server, connections,
    expectsContinue: (request) => expecting.has(request),
    serve: (socket) => void new PlainConnection(socket, plain),
    warm: () => withFront(() => {}),
  };
}

function plainOptions(
  { handlers, headMs, idleMs }: { readonly handlers: ServerHandlers; readonly headMs: number; readonly idleMs: number },
  { server, connections }: Pick<FrontServer, "server" | "connections">,
): PlainOptions {
  return {
    headMs, idleMs,
    request: (request, response) => serve(handlers, request, response, request.target),
    began: (socket) => connections.began(socket),
    ended: (socket) => connections.ended(socket),
    handOver: (socket) => void server.emit("connection", socket),
  };
}

// A throw inside an event would end the process.
function serve(handlers: ServerHandlers, request: ClientRequest, response: ClientResponse, target: string): void {
  try {
    handlers.request(request, response, target);
  } catch {
    handlers.failed(response);
  }
}

// http-mitm-proxy takes several times as long to load as the rest to start; who comes before it is there waits for it.
function loadFront(server: Server, handlers: FrontHandlers): (use: (front: Front) => void) => void {
  let ready: Front | undefined;
  let loading: Promise<Front> | undefined;
  return (use) => {
    if (ready) return use(ready);
    loading ??= import("./front.ts").then(({ Front }) => ready = new Front(server, handlers));
    void loading.then(use);
  };
}

function trackSockets(server: Server, limit: number): Connections {
  const connections = createConnections(limit);
  server.on("connection", (socket: Socket) => {
    socket.on("error", () => socket.destroy());
    // What comes out of a tunnel enters again, decrypted or as it is.
    if (!(socket instanceof TLSSocket) && !connections.sockets.has(socket)) connections.enter(socket);
  });
  return connections;
}

// A CONNECT or an upgrade makes Node forget the answers before it whose turn has not come: nothing would tell of their end, and their requests would go on.
function trackAnswers(): { began(socket: Duplex, response: ServerResponse): void; has(socket: Duplex): boolean } {
  const answers = new WeakMap<Duplex, Set<ServerResponse>>();
  const open = (socket: Duplex): Set<ServerResponse> => {
    const under = new Set<ServerResponse>();
    answers.set(socket, under);
    socket.once("close", () => under.forEach((response) => void response.destroy()));
    return under;
  };
  return {
    began(socket, response) {
      const under = answers.get(socket) ?? open(socket);
      under.add(response);
      response.once("close", () => under.delete(response));
    },
    has: (socket) => (answers.get(socket)?.size ?? 0) > 0,
  };
}

// Node checks head timeouts now and then, and never for a connection that sent nothing.
function limitFirstHead(server: Server, headMs: number): { arrived(socket: Duplex): void } {
  const timers = new WeakMap<Duplex, NodeJS.Timeout>();
  const arrived = (socket: Duplex): void => {
    const timer = timers.get(socket);
    if (timer === undefined) return;
    clearTimeout(timer);
    timers.delete(socket);
  };
  server.on("connection", (socket: Socket) => {
    timers.set(socket, setTimeout(() => socket.destroy(), headMs));
    socket.once("close", () => arrived(socket));
  });
  return { arrived };
}

function reasonOf(code: string | undefined): RefusalReason {
  if (code === "HPE_HEADER_OVERFLOW") return "request-too-large";
  return code === "ERR_HTTP_REQUEST_TIMEOUT" ? "request-timeout" : "request-malformed";
}
