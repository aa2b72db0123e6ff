import { setTimeout as delay } from "node:timers/promises";
import { connectWarm, type EventStream, openEvents } from "./client/events.ts";
import type { Contender } from "./contenders.ts";
import { eventEveryMs, type EventsServer } from "./events-server.ts";

/** What streams of events gave, in milliseconds. */
export interface Streamed {
  readonly headMs: readonly number[];
  readonly eventMs: readonly number[];
  /** Events that did not come, though later ones did. */
  readonly missing: number;
}

const streams = 32;
const abortWithinMs = 10_000;
let opened = 0;
const nextPath = (): string => `/events/${opened += 1}`;

/** 32 streams at once, opened one after the other so that their events do not come all together. */
export async function streamEvents(contender: Contender, host: string, seconds: number): Promise<Streamed> {
  const open: EventStream[] = [];
  const sockets = await connectWarm(contender.way, host, streams);
  try {
    for (const socket of sockets) open.push(await openEvents(socket, host, nextPath()));
    const before = open.map(({ eventMs }) => eventMs.length);
    await delay(seconds * 1000);
    const eventMs = open.flatMap((stream, index) => stream.eventMs.slice(before[index]));
    return { headMs: open.map(({ headMs }) => headMs), eventMs, missing: open.reduce((sum, { missing }) => sum + missing, 0) };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

/** How long after a client went away its upstream knows; NaN if it does not within 10 s. */
export async function abortOnce(contender: Contender, host: string, server: EventsServer): Promise<number> {
  const path = nextPath();
  const [socket] = await connectWarm(contender.way, host, 1);
  if (socket === undefined) return Number.NaN;
  const stream = await openEvents(socket, host, path);
  while (stream.eventMs.length < 2) await delay(eventEveryMs / 2);
  const began = performance.now();
  stream.abort();
  const closedAt = await Promise.race([server.closedAt(path), delay(abortWithinMs, Number.NaN, { ref: false })]);
  return closedAt - began;
}
