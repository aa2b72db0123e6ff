import type { Stats } from "node:fs";
import { lstat, open, readdir, readlink, rename } from "node:fs/promises";
import { removeTree } from "./remove-tree.ts";

const chunkBytes = 65_536;
const slash = Buffer.from("/");
// A path may have 4096 bytes (limits.h, PATH_MAX) and a name 255. What lies deeper is moved as a whole.
const longestPath = 3800;

/**
 * Makes `target` what `fresh` is by moving only what differs: what stayed the same keeps its inode and times, by which the
 * agent's changes are told from the rest. Both trees lie where no agent reaches; links are moved, never followed. Names
 * are bytes. `fresh` is gone at the end.
 */
export async function mergeTree(fresh: string, target: string): Promise<void> {
  await mergeFolder(Buffer.from(fresh), Buffer.from(target));
}

async function mergeFolder(fresh: Buffer, target: Buffer): Promise<void> {
  const [wanted, present] = await Promise.all([names(fresh), names(target)]);
  const isWanted = new Set(wanted.map((name) => name.toString("latin1")));
  for (const name of present) if (!isWanted.has(name.toString("latin1"))) await removeTree(below(target, name));
  for (const name of wanted) await mergeEntry(below(fresh, name), below(target, name));
  await removeTree(fresh);
}

async function mergeEntry(fresh: Buffer, target: Buffer): Promise<void> {
  const [now, before] = await Promise.all([lstat(fresh), lstat(target).catch(() => undefined)]);
  if (before && now.isDirectory() && before.isDirectory() && now.mode === before.mode && fresh.length <= longestPath) return mergeFolder(fresh, target);
  if (before && await isSame({ path: fresh, stat: now }, { path: target, stat: before })) return;
  if (before) await removeTree(target);
  await rename(fresh, target);
}

function names(folder: Buffer): Promise<Buffer[]> {
  return readdir(folder, { encoding: "buffer" });
}

function below(folder: Buffer, name: Buffer): Buffer {
  return Buffer.concat([folder, slash, name]);
}

interface Found {
  readonly path: Buffer;
  readonly stat: Stats;
}

async function isSame(a: Found, b: Found): Promise<boolean> {
  if (a.stat.mode !== b.stat.mode) return false;
  if (a.stat.isSymbolicLink()) return (await readlink(a.path, "buffer")).equals(await readlink(b.path, "buffer"));
  return a.stat.isFile() && a.stat.size === b.stat.size && await haveSameBytes(a.path, b.path);
}

async function haveSameBytes(a: Buffer, b: Buffer): Promise<boolean> {
  await using first = await open(a, "r");
  await using second = await open(b, "r");
  const [one, two] = [Buffer.alloc(chunkBytes), Buffer.alloc(chunkBytes)];
  for (;;) {
    const [{ bytesRead: here }, { bytesRead: there }] = await Promise.all([first.read(one, 0, chunkBytes), second.read(two, 0, chunkBytes)]);
    if (here !== there || !one.subarray(0, here).equals(two.subarray(0, there))) return false;
    if (here === 0) return true;
  }
}
