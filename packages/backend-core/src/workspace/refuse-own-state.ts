import { realpath } from "node:fs/promises";
import { relative } from "node:path";
import { BottleError } from "../errors.ts";
import type { WorkspaceSpec } from "../spec.ts";

/**
 * Refuses a workspace that would show the agent BOTTLE_HOME: its certificate's key, its manifests and what they trust,
 * other bottles. A bound one may not be a part of it either, since the agent writes there. Links are followed first.
 * @param home BOTTLE_HOME; must exist
 * @throws BottleError `workspace-failed`
 */
export async function refuseOwnState({ mode, source }: WorkspaceSpec, home: string): Promise<void> {
  if (mode === "none" || source === undefined) return;
  const [folder, own] = await Promise.all([realpath(source).catch((cause: unknown) => {
    throw new BottleError("workspace-failed", `The workspace ${source} cannot be read.`, { mend: "Name a folder that exists and is readable.", cause });
  }), realpath(home)]);
  if (!isInside(folder, own) && !(mode === "bind" && isInside(own, folder))) return;
  throw new BottleError("workspace-failed", `The workspace ${folder} holds bottle's own files, or is one of their folders (${own}).`, {
    mend: "Choose a narrower --workspace, or put BOTTLE_HOME elsewhere.",
  });
}

/** Whether a path is another one or below it. Both absolute, without links. */
export function isInside(outer: string, inner: string): boolean {
  const path = relative(outer, inner);
  return path === "" || !(path === ".." || path.startsWith("../"));
}
