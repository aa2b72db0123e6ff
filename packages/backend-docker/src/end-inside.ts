import { setTimeout as delay } from "node:timers/promises";
import { execIn, type Running } from "./engine/exec.ts";
import type { BottleHandle } from "./handle.ts";

/** The variable by which the processes of one entry are found inside. */
export const entryVariable = "BOTTLE_ENTRY";

const graceMs = 2000;
// It runs among the agent's processes, which may hold it up.
const longestMs = 10_000;

// The client's end leaves what it started running inside. Its processes bear the entry's id, politely told first.
const script = `
find_all() { for p in /proc/[0-9]*; do tr '\\0' '\\n' < "$p/environ" 2>/dev/null | grep -qx "${entryVariable}=$1" && echo "\${p#/proc/}"; done; }
kill -TERM $(find_all "$1") 2>/dev/null
for i in 1 2 3 4 5 6 7 8 9 10; do [ -z "$(find_all "$1")" ] && exit 0; sleep 0.2; done
kill -KILL $(find_all "$1") 2>/dev/null; exit 0`;

/** Ends what was entered when the signal aborts. `settled` waits for an ending that is under way. */
export function endInside(options: {
  readonly handle: BottleHandle;
  readonly user: string;
  readonly id: string;
  readonly signal: AbortSignal;
  /** The way to it, which may still be opened: what has not started yet would not be found. Absent for a client that ends with its signal. */
  readonly entering?: Promise<Pick<Running, "child">>;
}): { settled(): Promise<void> } {
  const { handle, user, id, signal, entering } = options;
  let ending: Promise<unknown> | undefined;
  const close = (): void => void entering?.then(({ child }) => child.close(), () => undefined);
  const onAbort = (): void => {
    const limit = AbortSignal.timeout(longestMs);
    const entered = Promise.race([entering, delay(graceMs, undefined, { ref: false })]).catch(() => undefined);
    ending = entered.then(() => end(handle, { user, id, limit })).catch(() => undefined).finally(close);
    setTimeout(close, graceMs * 2).unref();
  };
  signal.addEventListener("abort", onAbort, { once: true });
  return {
    settled: async () => {
      signal.removeEventListener("abort", onAbort);
      await ending;
    },
  };
}

async function end({ docker, names }: BottleHandle, { user, id, limit }: { readonly user: string; readonly id: string; readonly limit: AbortSignal }): Promise<void> {
  const { child, ended } = await execIn(docker.api, names.agent, { argv: ["/bin/sh", "-c", script, "sh", id], user, signal: limit });
  limit.addEventListener("abort", () => child.close(), { once: true });
  for (const stream of [child.stdout, child.stderr]) stream.resume();
  child.stdin.end();
  await ended;
}
