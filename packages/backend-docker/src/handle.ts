import { BottleError } from "@bottle/backend-core";
import type { Docker } from "./engine/docker.ts";
import type { Architecture } from "./enter.ts";
import type { ResourceNames } from "./names.ts";

/** What it takes to reach a running bottle's containers. */
export interface BottleHandle {
  readonly identity: string;
  readonly docker: Docker;
  readonly names: ResourceNames;
  readonly label: string;
  /** Of the engine's machine, which need not be this one. */
  readonly architecture: Architecture;
  /** Where the terminal's output is noted. */
  readonly terminalLog: string;
  /** Ends the bottle if this process launched it; otherwise lets it run. */
  end(): Promise<void>;
}

/** The error for a bottle that has ended. */
export function notRunning(identity: string, cause?: unknown): BottleError {
  return new BottleError("not-running", `The bottle ${identity} is not running.`, { mend: `\`bottle resume ${identity}\` starts it again.`, cause });
}
