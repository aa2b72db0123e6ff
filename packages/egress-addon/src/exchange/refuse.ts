import type { Duplex } from "node:stream";
import { STATUS_CODES } from "../node-http.ts";
import { type RefusalReason, refusals } from "../policy/refusals.ts";
import { type ClientResponse, hasBody } from "./client.ts";

/** What the client may know of a request that was refused. */
export interface RefusedRequest {
  readonly host: string;
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly howToAsk: string;
  /** In which parts of it something was found. */
  readonly places?: readonly string[];
}

// A client that never reads its refusal is closed.
const lingerMs = 2_000;

/** Answers a request with its refusal, or cuts the connection if an answer has begun. */
export function refuse(response: ClientResponse, reason: RefusalReason, request: RefusedRequest): void {
  if (response.headersSent || response.destroyed) {
    response.destroy();
    return;
  }
  const body = refusalBody(reason, request);
  // After a refusal the rest of the request's body is not worth reading.
  response.shouldKeepAlive &&= !hasBody(response.req);
  response.writeHead(refusals[reason].status, { ...refusalHeaders(reason, body) });
  response.end(body);
}

/** The same on a bare socket: a refused CONNECT or upgrade, or a request that could not be parsed. Closes it. */
export function refuseSocket(socket: Duplex, reason: RefusalReason, request: RefusedRequest): void {
  if (socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  const { status } = refusals[reason];
  const body = refusalBody(reason, request);
  const headers = Object.entries({ ...refusalHeaders(reason, body), connection: "close" });
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  const timer = setTimeout(() => socket.destroy(), lingerMs);
  socket.once("close", () => clearTimeout(timer));
  socket.on("error", () => socket.destroy());
  socket.resume();
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n${lines}\r\n${body}`);
}

function refusalBody(reason: RefusalReason, request: RefusedRequest): string {
  const { layer, retry, message } = refusals[reason];
  const { host, method, path, places = [] } = request;
  const how = retry === "ask" ? request.howToAsk : null;
  return `${JSON.stringify({ layer, reason, message, host, method, path, retry, how_to_ask: how, ...(places.length === 0 ? {} : { where: places }) })}\n`;
}

function refusalHeaders(reason: RefusalReason, body: string): Record<string, string> {
  return {
    // git shows its user the words of a refusal only if they are plain text (its remote-curl.c, show_http_message).
    "content-type": reason === "git-push" ? "text/plain; charset=utf-8" : "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "cache-control": "no-store",
    "x-bottle-block-reason": reason,
    ...(refusals[reason].status === 407 ? { "proxy-authenticate": "Basic realm=\"bottle\"" } : {}),
  };
}
