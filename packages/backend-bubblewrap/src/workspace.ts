import { lstat } from "node:fs/promises";
import { join } from "node:path";
import { BottleError, copyWorkspace, workspacePath, type OpenRequest } from "@bottle/backend-core";
import type { Mount } from "./argv.ts";

/** The workspace as a mount, with read-only lids where the host would later run what it finds. */
export interface WorkspaceView {
  readonly workspace?: string;
  readonly lids: readonly Mount[];
  /** What was looked at, to be found again behind the finished mounts. */
  readonly seen: readonly Seen[];
}

/** A file or folder of the operator's as it was when a mount of it was decided on. */
export interface Seen {
  /** Where it is to be inside. */
  readonly target: string;
  readonly device: bigint;
  readonly inode: bigint;
}

/**
 * Copies the workspace on a first launch, or takes the bound one.
 * @throws BottleError `workspace-failed`
 */
export async function prepareWorkspace(request: OpenRequest): Promise<WorkspaceView> {
  const { workspace, resume } = request.spec;
  const { source } = workspace;
  if (workspace.mode === "none" || source === undefined) return { lids: [], seen: [] };
  if (workspace.mode === "bind") return bound(source);
  if (!resume) await copyWorkspace(source, request.paths.workspace, { signal: request.signal });
  if (!(await isFolder(request.paths.workspace))) {
    throw new BottleError("workspace-failed", `The workspace copy ${request.paths.workspace} is gone.`, {
      mend: "Start a new bottle; this one's home is still in its state directory.",
    });
  }
  return { workspace: request.paths.workspace, lids: [], seen: [] };
}

/**
 * Looks whether the mounts hold what was looked at. Bubblewrap follows links, and another bottle bound to the same folder
 * may have put one there in between: it would show the agent any folder of the operator's.
 * @param pid of the bottle's first process; nothing of the agent's runs yet
 * @throws BottleError `workspace-failed`
 */
export async function requireSeen(pid: number, seen: readonly Seen[]): Promise<void> {
  for (const { target, device, inode } of seen) {
    const now = await lstat(`/proc/${pid}/root${target}`, { bigint: true }).catch(() => undefined);
    if (now?.dev === device && now.ino === inode) continue;
    throw new BottleError("workspace-failed", `${target} in the bottle is not what it was when the launch looked at it.`, {
      mend: "Does another bottle or program work in the same folder? Stop it and start again.",
    });
  }
}

// What git, shells, editors, build tools and agents on the host run or obey when a person next works in the folder.
const obeyed = [
  ".git/hooks", ".git/config", ".git/config.worktree", ".git/info", ".git/modules", ".git/worktrees", ".githooks", ".husky", ".hg/hgrc", ".jj/repo/config.toml", ".sl/config",
  ".bottle", ".claude", ".claude.json", ".codex", ".continue", ".cursor", ".gemini", ".mcp.json", ".opencode", "opencode.json", "opencode.jsonc", ".roo",
  ".windsurf", ".aider.conf.yml", ".devcontainer", ".devcontainer.json", ".idea", ".vscode", ".zed", ".exrc", ".nvim.lua", ".nvimrc", ".vimrc", ".dir-locals.el",
  ".direnv", ".envrc", ".mise", ".mise.toml", "mise.toml", "mise.local.toml", ".mise.local.toml", ".tool-versions",
  ".cargo", ".mvn", ".npmrc", ".yarnrc", ".yarnrc.yml", ".pnpmfile.cjs", ".bazelrc", ".gdbinit", ".lldbinit",
  ".pre-commit-config.yaml", "lefthook.yml", ".lefthook.yml",
];

const repositories = [".git", ".hg", ".jj", ".sl"];

/**
 * Read-only binds over what exists of it. A repository's folder itself becomes a mount point first, since a folder that
 * is one cannot be renamed away (rename(2), EBUSY) and replaced; `.git` as a file, in a worktree, is covered whole.
 */
async function lids(source: string): Promise<readonly Mount[]> {
  const keep = async (names: readonly string[], test: (path: string) => Promise<boolean>): Promise<readonly string[]> => {
    const found = await Promise.all(names.map(async (name) => await isBelowFolders(source, name) && test(join(source, name))));
    return names.filter((_, index) => found[index]);
  };
  const own = await keep(repositories, isFolder);
  const closed = await keep([...obeyed, ...repositories.filter((name) => !own.includes(name))], exists);
  const mount = (kind: "bind" | "ro-bind") => (path: string): Mount => ({ kind, source: join(source, path), target: join(workspacePath, path) });
  return [...own.map(mount("bind")), ...closed.map(mount("ro-bind"))];
}

async function bound(source: string): Promise<WorkspaceView> {
  const covers = await lids(source);
  const parts = [{ source, target: workspacePath }, ...covers.flatMap((lid) => ("source" in lid ? [lid] : []))];
  const seen = await Promise.all(parts.map(async (part) => {
    const { dev, ino } = await lstat(part.source, { bigint: true });
    return { target: part.target, device: dev, inode: ino };
  }));
  return { workspace: source, lids: covers, seen };
}

// Behind a link is not the project; and inside, the link may lead elsewhere.
async function isBelowFolders(source: string, name: string): Promise<boolean> {
  const above = name.split("/").slice(0, -1).map((_, index, parts) => join(source, ...parts.slice(0, index + 1)));
  return (await Promise.all(above.map(isFolder))).every(Boolean);
}

async function isFolder(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isDirectory() ?? false;
}

// A link is left alone: bubblewrap would follow it, and what it points to is outside the workspace or has its own name.
async function exists(path: string): Promise<boolean> {
  const stat = await lstat(path).catch(() => undefined);
  return stat !== undefined && !stat.isSymbolicLink();
}
