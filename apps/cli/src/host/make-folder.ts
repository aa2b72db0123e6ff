import { mkdir, stat } from "node:fs/promises";
import { dirname } from "node:path";
import { CliError, exitStatus } from "../errors.ts";

const mend = "Set BOTTLE_HOME to a folder of your own, or to a place where one can be made.";

/**
 * Makes a folder of the operator's choice (0700) with those above it, one by one: Node's own `recursive` never returns
 * where the parent is there and yet says ENOENT, as below /proc.
 * @throws CliError `folder-unusable`; the system's own errors (EACCES, EROFS, ENOTDIR …) as they are
 */
export async function makeFolder(path: string): Promise<void> {
  const code = await tryMake(path);
  if (code === undefined) return;
  if (code === "EEXIST") {
    if (await isFolder(path)) return;
    throw new CliError("folder-unusable", `${path} is not a folder.`, { status: exitStatus.host, mend });
  }
  const parent = dirname(path);
  if (parent !== path && !await isFolder(parent)) await makeFolder(parent);
  // Once more in any case: somebody else may have made the parent meanwhile.
  const again = await tryMake(path);
  if (again === undefined || (again === "EEXIST" && await isFolder(path))) return;
  throw new CliError("folder-unusable", `${path} cannot be made: its file system takes no new folder.`, { status: exitStatus.host, mend });
}

async function tryMake(path: string): Promise<"EEXIST" | "ENOENT" | undefined> {
  try {
    await mkdir(path, { mode: 0o700 });
    return undefined;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST" || code === "ENOENT") return code;
    throw error;
  }
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}
