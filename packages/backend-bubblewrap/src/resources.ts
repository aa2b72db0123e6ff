import type { ProcessMark } from "@bottle/backend-core";
import type { Metadata } from "@bottle/manifest";

/** What a launch noted of itself, read back. */
export interface Resources {
  readonly relay: ProcessMark;
  readonly first: ProcessMark;
  readonly cgroups: readonly string[];
}

/** Reads the resources of a metadata file; undefined if they are not there or not whole. */
export function readResources(noted: Metadata["resources"]): Resources | undefined {
  const { relayPid, relayStart, firstPid, firstStart, cgroups } = noted;
  if (typeof relayPid !== "number" || typeof relayStart !== "string") return undefined;
  if (typeof firstPid !== "number" || typeof firstStart !== "string") return undefined;
  return {
    relay: { pid: relayPid, startTime: relayStart },
    first: { pid: firstPid, startTime: firstStart },
    cgroups: typeof cgroups === "string" ? cgroups.split("\n").filter(Boolean) : [],
  };
}
