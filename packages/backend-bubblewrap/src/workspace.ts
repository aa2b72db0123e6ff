import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { BottleError, copyWorkspace, workspacePath, type OpenRequest } from "@bottle/backend-core";
import type { Mount } from "./argv.ts";

/** The workspace as a mount, with read-only lids where the host would later run what it finds. */
export interface WorkspaceView {
  readonly workspace?: string;
  readonly lids: readonly Mount[];
}

/**
 * Copies the workspace on a first launch, or takes the bound one.
 * @throws BottleError `workspace-failed`
 */
export async function prepareWorkspace(request: OpenRequest): Promise<WorkspaceView> {
  const { workspace, resume } = request.spec;
  const { source } = workspace;
  if (workspace.mode === "none" || source === undefined) return { lids: [] };
  if (workspace.mode === "bind") return { workspace: source, lids: await lids(source) };
  if (!resume) await copyWorkspace(source, request.paths.workspace, { signal: request.signal });
  if (!(await isFolder(request.paths.workspace))) {
    throw new BottleError("workspace-failed", `The workspace copy ${request.paths.workspace} is gone.`, {
      mend: "Start a new bottle; this one's home is still in its state directory.",
    });
  }
  return { workspace: request.paths.workspace, lids: [] };
}

// What git, shells, editors and agents on the host run or obey when a person next works in the folder.
const obeyed = [
  ".git/hooks", ".git/config", ".git/info", ".git/modules", ".git/worktrees", ".bottle", ".claude", ".codex", ".cursor", ".envrc",
  ".gemini", ".idea", ".mcp.json", ".vscode", ".husky", ".githooks",
];

/**
 * Read-only binds over what exists of it. `.git` itself becomes a mount point first, since a folder that is one cannot
 * be renamed away (rename(2), EBUSY) and replaced.
 */
async function lids(source: string): Promise<readonly Mount[]> {
  const existing = await Promise.all(obeyed.map(async (path) => (await exists(join(source, path))) ? path : undefined));
  const own = { kind: "bind", source: join(source, ".git"), target: join(workspacePath, ".git") } as const;
  return [
    ...(await isFolder(own.source)) ? [own] : [],
    ...existing.filter((path) => path !== undefined)
      .map((path) => ({ kind: "ro-bind", source: join(source, path), target: join(workspacePath, path) }) as const),
  ];
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() ?? false;
}

// A link is left alone: bubblewrap would follow it, and what it points to is outside the workspace or has its own name.
async function exists(path: string): Promise<boolean> {
  const stat = await lstat(path).catch(() => undefined);
  return stat !== undefined && !stat.isSymbolicLink();
}
