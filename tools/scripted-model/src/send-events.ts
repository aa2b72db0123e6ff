import { once } from "node:events";
import type { ServerResponse } from "node:http";
import { setTimeout as pause } from "node:timers/promises";
import type { StreamEvent } from "./dialect.ts";

/** Streams events, each in a write of its own, pausing before every chunk of text; stops quietly when the client is gone. */
export async function sendEvents(response: ServerResponse, events: readonly StreamEvent[], chunkDelayMs: number): Promise<void> {
  const gone = new AbortController();
  response.once("close", () => gone.abort());
  response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  try {
    for (const { event, data, isText } of events) {
      if (isText === true && chunkDelayMs > 0) await pause(chunkDelayMs, undefined, { signal: gone.signal });
      const name = event === undefined ? "" : `event: ${event}\n`;
      if (!response.write(`${name}data: ${JSON.stringify(data)}\n\n`)) await once(response, "drain", { signal: gone.signal });
    }
    response.end();
  } catch (error) {
    if (!gone.signal.aborted) throw error;
  }
}
