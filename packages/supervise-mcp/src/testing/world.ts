import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Ask } from "@bottle/manifest";

/** What a rig's bottle is called. */
export const identity = "dev-00abc";

/** A route to ask for. */
export function askFor(host: string): Ask {
  return { kind: "egress", route: { host, ports: [443], methods: ["GET"] } };
}

/** A temporary folder that goes with the test. */
export async function makeFolder(): Promise<{ readonly path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), "bottle-supervise-"));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Asks every few milliseconds until there is an answer; gives up after ten seconds. */
export async function until<T>(look: () => T | undefined): Promise<T> {
  for (let waitedMs = 0; waitedMs < 10_000; waitedMs += 10) {
    const found = look();
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error("It did not come about in ten seconds.");
}
