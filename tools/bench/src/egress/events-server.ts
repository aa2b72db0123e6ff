import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** A server of events behind the upstream, in the load's process, so that both read one clock. */
export interface EventsServer extends AsyncDisposable {
  readonly port: number;
  /** When the stream of a path was closed, on `performance.now`; waits for it. */
  closedAt(path: string): Promise<number>;
}

export const eventEveryMs = 20;

/** Answers each request with its head at once and an event every 20 ms, which says its number and when it was sent. */
export async function startEventsServer(): Promise<EventsServer> {
  const closings = new Map<string, PromiseWithResolvers<number>>();
  const closing = (path: string): PromiseWithResolvers<number> => {
    const known = closings.get(path) ?? Promise.withResolvers<number>();
    closings.set(path, known);
    return known;
  };
  const server = createServer({ noDelay: true }, (request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.flushHeaders();
    let number = 0;
    const timer = setInterval(() => response.write(`event: delta\ndata: {"number":${number += 1},"at":${performance.now().toFixed(3)}}\n\n`), eventEveryMs);
    response.once("close", () => {
      clearInterval(timer);
      closing(request.url ?? "").resolve(performance.now());
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    closedAt: (path) => closing(path).promise,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
