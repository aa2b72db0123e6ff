import { lstat } from "node:fs/promises";
import { BottleError, copyWorkspace, type BottleSpec, type OpenRequest } from "@bottle/backend-core";

/**
 * Copies the workspace to the state directory on a first launch, from where the volume is filled. A bound one is refused:
 * an engine may be remote, and nothing here would keep the agent from what the host runs later.
 * @returns whether there is one
 * @throws BottleError `workspace-failed`
 */
export async function prepareWorkspace(request: OpenRequest): Promise<boolean> {
  const { workspace, resume } = request.spec;
  const { source } = workspace;
  if (workspace.mode === "none" || source === undefined) return false;
  if (!resume) await copyWorkspace(source, request.paths.workspace, { signal: request.signal });
  const stat = await lstat(request.paths.workspace).catch(() => undefined);
  if (stat?.isDirectory()) return true;
  throw new BottleError("workspace-failed", `The workspace copy ${request.paths.workspace} is gone.`, { mend: "Start a new bottle; this one's home is still in its state directory." });
}

/** @throws BottleError `spec-invalid` for a bound workspace */
export function refuseUnfit({ workspace }: Pick<BottleSpec, "workspace">): void {
  if (workspace.mode !== "bind") return;
  throw new BottleError("spec-invalid", "A Docker bottle's workspace is a copy; `workspace: bind` is not for this backend.", {
    mend: "Write `workspace: copy` in the bottle's manifest; `bottle diff` and `bottle apply` bring the work home.",
  });
}
