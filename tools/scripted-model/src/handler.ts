import type { IncomingHttpHeaders, IncomingMessage, RequestListener, ServerResponse } from "node:http";
import { answerFrom } from "./answer.ts";
import { anthropicMessages } from "./anthropic/messages.ts";
import type { Dialect } from "./dialect.ts";
import { ScriptedModelError } from "./errors.ts";
import { googleGenerateContent } from "./google/generate-content.ts";
import { parseObject } from "./json.ts";
import { openaiResponses } from "./openai/responses.ts";
import { readBody } from "./read-body.ts";
import type { ModelScript } from "./script.ts";
import { sendEvents } from "./send-events.ts";

/** A request as it arrived. */
export interface RecordedRequest {
  readonly method: string;
  /** Path and query. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  /** The body as UTF-8 text. */
  readonly body: string;
}

/** Answers requests from a script; mount it in any `node:http` or `node:https` server that has no `upgrade` listener. */
export interface ModelHandler extends RequestListener {
  /** Every request so far, in order of arrival of its last byte. */
  readonly requests: readonly RecordedRequest[];
  /** Why requests were refused that the script should have answered; empty after a session that went as scripted. */
  readonly problems: readonly string[];
}

/**
 * Answers `POST /v1/messages`, `/v1/messages/count_tokens`, `/v1/responses` and Gemini's `generateContent`, streamed or
 * whole; anything else is 404, a WebSocket 426 (codex then goes on over HTTP at once).
 */
export function createModelHandler(script: ModelScript): ModelHandler {
  const requests: RecordedRequest[] = [];
  const problems: string[] = [];
  const exchange = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? "/";
    const route = routeOf(request.method ?? "GET", path);
    try {
      const body = await readBody(request);
      requests.push({ method: request.method ?? "GET", path, headers: request.headers, body });
      if (request.headers.upgrade !== undefined) return sendJson(response, 426, { error: { message: "No WebSocket here." } });
      if (route === undefined) return sendJson(response, 404, { type: "error", error: { type: "not_found_error", message: "Not found" } });
      if (route === "count") return sendJson(response, 200, { input_tokens: Math.ceil(body.length / 4) });
      await reply({ script, dialect: route, body, path, id: String(requests.length), response });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      problems.push(`${request.method} ${path}: ${message}`);
      const dialect = route === undefined || route === "count" ? anthropicMessages : route;
      if (response.headersSent) response.destroy();
      else sendJson(response, error instanceof ScriptedModelError ? 400 : 500, dialect.failure(message));
    }
  };
  return Object.assign((request: IncomingMessage, response: ServerResponse) => void exchange(request, response), { requests, problems });
}

interface Reply {
  readonly script: ModelScript;
  readonly dialect: Dialect;
  readonly body: string;
  readonly path: string;
  readonly id: string;
  readonly response: ServerResponse;
}

async function reply({ script, dialect, body, path, id, response }: Reply): Promise<void> {
  const asked = dialect.read(parseObject(body), path);
  const answer = answerFrom(script, dialect, asked, id);
  if (!asked.stream) return sendJson(response, 200, dialect.whole(answer));
  await sendEvents(response, dialect.events(answer), script.chunkDelayMs ?? 0);
}

const generate = /^\/v1(beta)?\/models\/[^/]+:(generateContent|streamGenerateContent)$/;

function routeOf(method: string, path: string): Dialect | "count" | undefined {
  const pathname = path.split("?", 1)[0];
  if (method !== "POST") return undefined;
  if (pathname === "/v1/messages") return anthropicMessages;
  if (pathname === "/v1/messages/count_tokens") return "count";
  if (pathname === "/v1/responses") return openaiResponses;
  return generate.test(pathname ?? "") ? googleGenerateContent : undefined;
}

function sendJson(response: ServerResponse, status: number, value: unknown): void {
  response.writeHead(status, { "content-type": "application/json" });
  response.end(JSON.stringify(value));
}
