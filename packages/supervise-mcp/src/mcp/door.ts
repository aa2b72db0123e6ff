import { once } from "node:events";
import { chmod } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { ListenAddress } from "@bottle/manifest";
import { SuperviseError } from "../errors.ts";
import { messageOf } from "../queue/files.ts";
import type { Desk } from "./desk.ts";
import { guard, type PlainAnswer } from "./guard.ts";
import { asWebRequest, passOn } from "./pass.ts";
import { readMessage } from "./read-message.ts";
import { createSessions, type McpSession, type McpSessions, type SessionLimits } from "./sessions.ts";
import { createWait } from "./wait.ts";

/** The listener inside can reach. */
export interface Door extends AsyncDisposable {
  readonly address: ListenAddress;
}

/** What one bottle's clients can hold of the process, and for how long a silent one. */
export interface DoorLimits extends SessionLimits {
  readonly connections: number;
  readonly headMs: number;
  readonly requestMs: number;
  readonly idleMs: number;
}

const most: DoorLimits = { connections: 128, sessions: 32, calls: 16, headMs: 10_000, requestMs: 30_000, idleMs: 10_000 };
// A waiting call says something every 15 s at least, as the SDK keeps its streams alive.
const silentMs = 120_000;
const complaintMs = 60_000;
const longestId = 200;
const unknownSession: PlainAnswer = { status: 404, text: "There is no such MCP session here: begin anew with initialize." };
const busy: PlainAnswer = { status: 503, text: "Too much is asked at once. Wait for answers first.", headers: { "retry-after": "5" } };

/** @throws SuperviseError `listen-failed` */
export async function startDoor({ listen, limits, ...options }: { readonly listen: ListenAddress; readonly desk: Desk; readonly limits?: Partial<DoorLimits> }): Promise<Door> {
  const { connections, headMs, requestMs, idleMs, ...bounds } = { ...most, ...limits };
  const desk = { ...options.desk, say: seldom(options.desk.say) };
  const sessions = createSessions({ desk, wait: createWait(desk), limits: bounds });
  const patience = { headersTimeout: headMs, requestTimeout: requestMs, keepAliveTimeout: idleMs, connectionsCheckingInterval: headMs / 5 };
  const server = createServer({ maxHeaderSize: 16_384, ...patience }, (request, response) => {
    request.on("error", () => undefined);
    response.on("error", () => undefined);
    answer(request, response, sessions).catch((error: unknown) => {
      desk.say(`A request was not answered: ${messageOf(error)}`);
      say(response, { status: 500, text: "Supervise failed." });
    });
  });
  server.maxConnections = connections;
  server.setTimeout(silentMs);
  server.on("clientError", (_error, socket) => void socket.destroy());
  await listenOn(server, listen);
  const bound = server.address();
  return {
    address: "unix" in listen || bound === null || typeof bound === "string" ? listen : { host: listen.host, port: bound.port },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      await sessions[Symbol.asyncDispose]();
      server.closeAllConnections();
      await closed;
    },
  };
}

// An agent can make calls fail as often as it likes.
function seldom(tell: Desk["say"]): Desk["say"] {
  let toldAt = -Infinity;
  return (sentence) => {
    if (performance.now() < toldAt + complaintMs) return;
    toldAt = performance.now();
    tell(sentence);
  };
}

async function listenOn(server: Server, listen: ListenAddress): Promise<void> {
  try {
    server.listen("unix" in listen ? listen.unix : { host: listen.host, port: listen.port });
    await once(server, "listening");
    if ("unix" in listen) await chmod(listen.unix, 0o600);
  } catch (cause) {
    server.close();
    throw new SuperviseError("listen-failed", `Supervise cannot listen on ${"unix" in listen ? listen.unix : `${listen.host}:${listen.port}`}: ${messageOf(cause)}`, { cause });
  }
}

async function answer(request: IncomingMessage, response: ServerResponse, sessions: McpSessions): Promise<void> {
  const refused = guard({ method: request.method ?? "", url: request.url ?? "", headers: request.headersDistinct });
  if (refused) return say(response, refused);
  if (request.method === "DELETE") {
    const session = sessionOf(request, sessions);
    return session === undefined ? say(response, unknownSession) : passOn(await session.transport.handleRequest(asWebRequest(request)), response);
  }
  const read = await readMessage(request).catch((): PlainAnswer => ({ status: 400, text: "The request was broken off." }));
  if (!("message" in read)) return say(response, read);
  const { message } = read;
  const isNew = request.headers["mcp-session-id"] === undefined && "method" in message && message.method === "initialize";
  const session = isNew ? await sessions.open() : sessionOf(request, sessions);
  if (session === undefined) return say(response, isNew ? busy : unknownSession);
  return converse({ session, message, request, response });
}

interface Exchange {
  readonly session: McpSession;
  readonly message: object;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

async function converse({ session: { transport, calls }, message, request, response }: Exchange): Promise<void> {
  const id = "method" in message && "id" in message ? message.id : undefined;
  if (typeof id === "string" && id.length > longestId) return say(response, { status: 400, text: `An id is at most ${longestId} characters.` });
  if (typeof id === "string" || typeof id === "number") {
    const call = calls.begin(id);
    if (call === undefined) return say(response, calls.get(id) === undefined ? busy : { status: 400, text: "A request with this id is being answered." });
    response.once("close", () => call[Symbol.dispose]());
  }
  await passOn(await transport.handleRequest(asWebRequest(request), { parsedBody: message }), response);
}

function sessionOf({ headers }: IncomingMessage, sessions: McpSessions): McpSession | undefined {
  const id = headers["mcp-session-id"];
  return typeof id === "string" ? sessions.find(id) : undefined;
}

/** A plain answer; the connection ends with it, for its body may not have been read. */
function say(response: ServerResponse, { status, text, headers }: PlainAnswer): void {
  if (response.headersSent || response.destroyed) return void response.destroy();
  response.shouldKeepAlive = false;
  response.writeHead(status, { "content-type": "text/plain; charset=utf-8", "cache-control": "no-store", ...headers });
  response.end(`${text}\n`);
}
