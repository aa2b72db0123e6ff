import { readFile } from "node:fs/promises";
import { BottleError, isAlive, type ProcessMark } from "@bottle/backend-core";

/** What it takes to reach a running bottle from the host. */
export interface BottleHandle {
  readonly identity: string;
  /** Host pid of the relay, which holds the outer namespaces. */
  readonly relay: number;
  /** Host pid of the bottle's first process. */
  readonly first: number;
  readonly firstMark: ProcessMark;
  readonly label: string;
  /** A command that joins the bottle's limits and runs what follows it; empty without limits. */
  readonly joinLimits: readonly string[];
  /** Where the terminal's output is noted. */
  readonly terminalLog: string;
  /** Ends the bottle if this process launched it; otherwise lets it run. */
  end(): Promise<void>;
}

/**
 * The variables of the bottle's first process, which is what every program inside starts with. Read from the kernel, so
 * that forwarded values are in no file.
 * @throws BottleError `not-running`
 */
export async function readInsideEnv(handle: BottleHandle): Promise<Record<string, string>> {
  if (!isAlive(handle.firstMark)) throw notRunning(handle.identity);
  const environ = await readFile(`/proc/${handle.first}/environ`, "utf8").catch((cause: unknown) => {
    throw notRunning(handle.identity, cause);
  });
  return Object.fromEntries(environ.split("\0").filter(Boolean).map((entry) => {
    const at = entry.indexOf("=");
    return [entry.slice(0, at), entry.slice(at + 1)];
  }));
}

/** The error for a bottle that has ended. */
export function notRunning(identity: string, cause?: unknown): BottleError {
  return new BottleError("not-running", `The bottle ${identity} is not running.`, { mend: `\`bottle resume ${identity}\` starts it again.`, cause });
}
