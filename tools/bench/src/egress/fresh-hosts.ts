import { setTimeout as delay } from "node:timers/promises";
import { connectTo } from "./client/connect.ts";
import { createExchanger } from "./client/exchange.ts";
import type { Contender } from "./contenders.ts";
import { residentMib } from "./process.ts";

/** What first requests to names not seen before gave. */
export interface Fresh {
  readonly name: string;
  /** CONNECT, TLS and the first answer together. */
  readonly ms: readonly number[];
  /** Resident memory before the first and after the last. */
  readonly mibBefore: number;
  readonly mibAfter: number;
  readonly errors: number;
}

/** Before each visit: what another leaves behind when its connection is closed is not this one's. */
const restMs = 10;

/** One request to each name, contender by contender, before the next name. */
export async function visitFreshHosts(contenders: readonly Contender[], hosts: readonly string[]): Promise<readonly Fresh[]> {
  const memory = (): Promise<readonly number[]> => Promise.all(contenders.map(({ pid }) => (pid === undefined ? Number.NaN : residentMib(pid))));
  const times = contenders.map((): number[] => []);
  const errors = contenders.map(() => 0);
  const before = await memory();
  for (const host of hosts) {
    for (const [index, contender] of contenders.entries()) {
      await delay(restMs);
      const ms = await firstRequest(contender, host).catch(() => undefined);
      if (ms === undefined) errors[index] = (errors[index] ?? 0) + 1;
      else times[index]?.push(ms);
    }
  }
  const after = await memory();
  return contenders.map(({ name }, index) => ({
    name, ms: times[index] ?? [], errors: errors[index] ?? 0, mibBefore: before[index] ?? Number.NaN, mibAfter: after[index] ?? Number.NaN,
  }));
}

async function firstRequest({ way }: Contender, host: string): Promise<number> {
  const began = performance.now();
  const socket = await connectTo(way, host);
  try {
    const { head } = await createExchanger(socket).ask(`GET /1k/${host} HTTP/1.1\r\nHost: ${host}\r\nAuthorization: Bearer none\r\n\r\n`);
    if (!head.startsWith("HTTP/1.1 200")) throw new Error(head);
    return performance.now() - began;
  } finally {
    socket.destroy();
  }
}
