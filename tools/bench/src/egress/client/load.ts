import { quantile } from "../../measure.ts";
import { connectTo, type Way } from "./connect.ts";
import { type Answer, createExchanger, type Exchanger } from "./exchange.ts";
import { prepare } from "./request.ts";

/** What a load gave. */
export interface Load {
  readonly requests: number;
  /** Refused, cut, lost or mixed up. */
  readonly errors: number;
  readonly perSecond: number;
  readonly megabytesPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** How a load is made. */
export interface LoadOptions {
  readonly way: Way;
  readonly host: string;
  /** Of the upstream; a number is appended. */
  readonly folder: string;
  readonly connections: number;
  readonly bodyBytes: number;
  /** Whichever comes first. */
  readonly seconds?: number;
  readonly requests?: number;
}

/** As many connections as told, each with one request at a time, on keep-alive; every answer is checked for its own number. */
export async function load(options: LoadOptions): Promise<Load> {
  const { way, host, folder, bodyBytes, seconds = Number.POSITIVE_INFINITY, requests: most = Number.POSITIVE_INFINITY } = options;
  const sockets = await Promise.all(Array.from({ length: options.connections }, () => connectTo(way, host)));
  const exchangers = sockets.map(createExchanger);
  const times: number[] = [];
  let sent = 0;
  let errors = 0;
  const began = performance.now();
  const until = began + seconds * 1000;
  const run = async (exchanger: Exchanger): Promise<void> => {
    const prepared = prepare(host, folder);
    for (let now = performance.now(); now < until && sent < most;) {
      const id = sent += 1;
      const answer = await exchanger.ask(prepared.withId(id));
      const then = performance.now();
      times.push(then - now);
      now = then;
      if (!isRight(answer, prepared.path(id), bodyBytes)) errors += 1;
    }
  };
  try {
    await Promise.all(exchangers.map((exchanger) => run(exchanger).catch(() => void (errors += 1))));
    const tookSeconds = (performance.now() - began) / 1000;
    const received = exchangers.reduce((sum, exchanger) => sum + exchanger.received, 0);
    const [p50Ms = Number.NaN, p99Ms = Number.NaN] = [0.5, 0.99].map((share) => quantile(times, share));
    return { requests: times.length, errors, perSecond: times.length / tookSeconds, megabytesPerSecond: received / 1e6 / tookSeconds, p50Ms, p99Ms };
  } finally {
    for (const socket of sockets) socket.destroy();
  }
}

function isRight(answer: Answer, path: string, bodyBytes: number): boolean {
  return answer.head.startsWith("HTTP/1.1 200") && answer.bodyBytes >= bodyBytes && (answer.start.startsWith(path) || answer.head.includes(path));
}
