import { interleave, type Series } from "../measure.ts";
import { load, type Load } from "./client/load.ts";
import type { Contender } from "./contenders.ts";
import { cpuMicros } from "./process.ts";
import { largeBytes } from "./upstream.ts";

/** A load with the processor time of the proxy in it. */
export interface Turn extends Load {
  /** NaN where there is no proxy. */
  readonly cpuMicrosPerRequest: number;
}

/** A kind of load. */
export interface Kind {
  readonly folder: string;
  readonly bodyBytes: number;
  readonly connections: number;
}

export const kinds = {
  small32: { folder: "/1k/", bodyBytes: 1000, connections: 32 },
  small1: { folder: "/1k/", bodyBytes: 1000, connections: 1 },
  large8: { folder: "/10m/", bodyBytes: largeBytes, connections: 8 },
} as const satisfies Readonly<Record<string, Kind>>;

/** Lets every proxy compile its code, which takes a runtime like Node thousands of requests. */
export async function warmUp(contenders: readonly Contender[], options: { readonly host: string; readonly requests: number; readonly seconds: number }): Promise<void> {
  for (const { way } of contenders) await load({ way, ...kinds.small32, ...options });
}

/** Puts one kind of load on all, in turn. */
export function loadAll(contenders: readonly Contender[], kind: Kind, options: { readonly host: string; readonly rounds: number; readonly seconds: number }): Promise<readonly Series<Turn>[]> {
  const turn = async ({ way, pid }: Contender): Promise<Turn> => {
    const before = pid === undefined ? Number.NaN : await cpuMicros(pid);
    const result = await load({ way, ...kind, host: options.host, seconds: options.seconds });
    const after = pid === undefined ? Number.NaN : await cpuMicros(pid);
    return { ...result, cpuMicrosPerRequest: (after - before) / result.requests };
  };
  return interleave(contenders.map((contender) => ({ name: contender.name, run: () => turn(contender) })), options.rounds);
}
