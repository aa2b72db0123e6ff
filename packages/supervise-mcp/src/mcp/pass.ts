import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";

// What MCP's transport reads (specification 2025-06-18, basic/transports); nothing else of a request goes further.
const read = ["accept", "content-type", "mcp-session-id", "mcp-protocol-version"];

/** The request as the SDK takes it; its body goes beside it. */
export function asWebRequest({ method = "", headers }: IncomingMessage): Request {
  const kept = read.flatMap((name) => (headers[name] === undefined ? [] : [[name, String(headers[name])] as [string, string]]));
  return new Request("http://supervise/mcp", { method, headers: kept });
}

/** Passes on what the SDK answers, as it comes and no faster than it is read; whoever goes away ends it. */
export async function passOn(answer: Response, response: ServerResponse): Promise<void> {
  if (response.destroyed) return void await answer.body?.cancel();
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.flushHeaders();
  const reader = answer.body?.getReader();
  if (reader === undefined) return void response.end();
  const gone = once(response, "close").then(() => reader.cancel()).catch(() => undefined);
  for (let chunk = await reader.read(); !chunk.done; chunk = await reader.read()) {
    if (!response.write(chunk.value)) await Promise.race([once(response, "drain"), gone]);
  }
  response.end();
}
