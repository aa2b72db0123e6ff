import { setTimeout as delay } from "node:timers/promises";
import { connectTo, type Way } from "./connect.ts";

/** One stream of events. */
export interface EventStream {
  /** From the request to the head of its answer. */
  readonly headMs: number;
  /** From sent to here, of each event so far. */
  readonly eventMs: readonly number[];
  /** Goes away in the middle. */
  abort(): void;
}

const headWithinMs = 10_000;

/** Opens a stream and listens. @throws Error if no head came within 10 s */
export async function openEvents(way: Way, host: string, path: string): Promise<EventStream> {
  const socket = await connectTo(way, host);
  const head = Promise.withResolvers<number>();
  const eventMs: number[] = [];
  let text = "";
  socket.on("data", (chunk: Buffer) => {
    const now = performance.now();
    text += chunk.toString("latin1");
    if (text.includes("\r\n\r\n")) head.resolve(now);
    let end = 0;
    for (const match of text.matchAll(/"at":([0-9.]+)\}/g)) {
      eventMs.push(now - Number(match[1]));
      end = match.index + match[0].length;
    }
    text = text.slice(end);
  });
  const began = performance.now();
  socket.write(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nAccept: text/event-stream\r\nAuthorization: Bearer none\r\n\r\n`);
  const headAt = await Promise.race([head.promise, delay(headWithinMs, undefined, { ref: false })]);
  if (headAt === undefined) {
    socket.destroy();
    throw new Error(`bench: no head of ${path} within ${headWithinMs / 1000} s`);
  }
  return { headMs: headAt - began, eventMs, abort: () => void socket.destroy() };
}
