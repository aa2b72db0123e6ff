import { Pool } from "undici";
import type { Connect } from "./connect-pinned.ts";

const capacity = 128;
const connectionsPerOrigin = 128;

/** Connection pools by origin; the least recently used are closed first. */
export interface Pools {
  get(destination: { readonly host: string; readonly port: number; readonly secure: boolean }): Pool;
  /** Ends every pool and what runs in it. */
  destroy(): Promise<void>;
}

/** Makes pools over a connector. Bodies may take for ever (streams of models do); heads may not. */
export function createPools(connect: Connect): Pools {
  const pools = new Map<string, Pool>();
  return {
    get(destination) {
      const { host, port, secure } = destination;
      const origin = `${secure ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
      const pool = pools.get(origin) ?? new Pool(origin, {
        connections: connectionsPerOrigin, pipelining: 1, bodyTimeout: 0, headersTimeout: 600_000, keepAliveTimeout: 30_000,
        connect: (_, callback) => void connect(destination).then((socket) => callback(null, socket), (error: Error) => callback(error, null)),
      });
      pools.delete(origin);
      pools.set(origin, pool);
      const [oldest] = pools;
      if (pools.size > capacity && oldest) {
        pools.delete(oldest[0]);
        void oldest[1].close().catch(() => undefined);
      }
      return pool;
    },
    async destroy() {
      const all = [...pools.values()];
      pools.clear();
      await Promise.all(all.map((pool) => pool.destroy().catch(() => undefined)));
    },
  };
}
