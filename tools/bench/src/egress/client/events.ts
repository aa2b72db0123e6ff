import { setTimeout as delay } from "node:timers/promises";
import type { TLSSocket } from "node:tls";
import { connectTo, type Way } from "./connect.ts";
import { createExchanger } from "./exchange.ts";

/** One stream of events. */
export interface EventStream {
  /** From the request to the head of its answer. */
  readonly headMs: number;
  /** From sent to here, of each event so far. */
  readonly eventMs: readonly number[];
  /** Events that did not come, though later ones did. */
  readonly missing: number;
  /** Goes away in the middle. */
  abort(): void;
}

const headWithinMs = 10_000;

/** Connections that each had a request at the same moment, so that a proxy has as many to the upstream. */
export async function connectWarm(way: Way, host: string, count: number): Promise<readonly TLSSocket[]> {
  const sockets = await Promise.all(Array.from({ length: count }, () => connectTo(way, host)));
  await Promise.all(sockets.map(async (socket, index) => {
    const exchanger = createExchanger(socket);
    await exchanger.ask(`GET /1k/${index} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer none\r\n\r\n`);
    exchanger.release();
  }));
  return sockets;
}

/** Opens a stream over a connection and listens. @throws Error if no head came within 10 s */
export async function openEvents(socket: TLSSocket, host: string, path: string): Promise<EventStream> {
  const head = Promise.withResolvers<number>();
  const eventMs: number[] = [];
  let text = "";
  let latest = 0;
  socket.on("data", (chunk: Buffer) => {
    const now = performance.now();
    text += chunk.toString("latin1");
    if (text.includes("\r\n\r\n")) head.resolve(now);
    let end = 0;
    for (const match of text.matchAll(/"number":([0-9]+),"at":([0-9.]+)\}/g)) {
      latest = Number(match[1]);
      eventMs.push(now - Number(match[2]));
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
  return {
    headMs: headAt - began, eventMs, abort: () => void socket.destroy(),
    get missing() {
      return latest - eventMs.length;
    },
  };
}
