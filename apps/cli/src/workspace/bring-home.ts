import { constants } from "node:fs";
import { chmod, lstat, mkdir, open, rename, rm, rmdir, symlink } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { Change } from "./changes.ts";

/**
 * Carries one change into the operator's folder. Nothing is written through a link: every folder on the way must be one,
 * and files appear by rename over whatever has the name.
 * @returns why it was left, or undefined if it is done
 */
export async function bringHome(change: Change, roots: { readonly copy: string; readonly source: string }): Promise<string | undefined> {
  const target = join(roots.source, change.path);
  const obstacle = await folderObstacle(roots.source, dirname(change.path));
  if (obstacle !== undefined) return obstacle;
  const { now } = change;
  if (!now) return remove(target);
  if (now.type === "folder") return makeFolder(target, now.mode);
  const there = await lstat(target).catch(() => undefined);
  if (there?.isDirectory()) return "a folder has its name";
  const temporary = `${target}.bottle-${process.pid}`;
  try {
    if (now.type === "link") await symlink(now.target ?? "", temporary);
    else await copyFile(join(roots.copy, change.path), temporary, now.mode);
    await rename(temporary, target);
    return undefined;
  } catch (error) {
    await rm(temporary, { force: true });
    return error instanceof Error ? error.message : String(error);
  }
}

async function folderObstacle(root: string, folder: string): Promise<string | undefined> {
  let path = root;
  for (const part of folder === "." ? [] : folder.split("/")) {
    path = join(path, part);
    const stat = await lstat(path).catch(() => undefined);
    if (!stat) await mkdir(path);
    else if (!stat.isDirectory()) return `${part} on the way to it is not a folder`;
  }
  return undefined;
}

async function remove(target: string): Promise<string | undefined> {
  const stat = await lstat(target).catch(() => undefined);
  if (!stat) return undefined;
  if (!stat.isDirectory()) {
    await rm(target);
    return undefined;
  }
  return rmdir(target).then(() => undefined, () => "the folder is not empty");
}

async function makeFolder(target: string, mode: number): Promise<string | undefined> {
  const stat = await lstat(target).catch(() => undefined);
  if (!stat) await mkdir(target);
  else if (!stat.isDirectory()) return "something that is not a folder has its name";
  await chmod(target, mode);
  return undefined;
}

// O_NOFOLLOW: between the look and the reading the agent may have put a link there, if its bottle still runs.
async function copyFile(from: string, to: string, mode: number): Promise<void> {
  await using source = await open(from, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if (!(await source.stat()).isFile()) throw new Error("it is no longer a file");
  await using target = await open(to, "wx", mode & 0o777);
  await pipeline(source.createReadStream({ autoClose: false }), target.createWriteStream({ autoClose: false }));
  await target.chmod(mode & 0o777);
}
