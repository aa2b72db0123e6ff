import type { Duplex } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";

/** Waits no longer than this for a connection, nor beyond the signal; one that comes too late is closed. */
export async function connectionWithin(ms: number, opening: Promise<Duplex>, signal: AbortSignal): Promise<Duplex> {
  const done = new AbortController();
  const late = delay(ms, undefined, { signal: AbortSignal.any([signal, done.signal]) }).catch(() => undefined).then(() => {
    if (!done.signal.aborted) void opening.then((connection) => connection.on("error", () => undefined).destroy(), () => undefined);
    throw new Error(`no connection within ${ms / 1000} s`);
  });
  try {
    const connection = await Promise.race([opening, late]);
    // It also ends by its signal, when nobody may be waiting for it any more.
    return connection.on("error", () => undefined);
  } finally {
    done.abort();
    late.catch(() => undefined);
  }
}
