import { constants, type BigIntStats } from "node:fs";
import { lstat, open, readlink, type FileHandle } from "node:fs/promises";
import { fsPath, type BytePath } from "./byte-path.ts";
import type { Entry } from "./tree.ts";

/** The entry of a name as it is now, not followed; undefined if there is none. */
export async function entryAt(root: string, path: BytePath): Promise<Entry | undefined> {
  const location = fsPath(root, path);
  const stat = await lstat(location, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
    throw error;
  });
  if (!stat) return undefined;
  const target = stat.isSymbolicLink() ? (await readlink(location, "latin1")) : "";
  return { ...entryOf(stat), target };
}

function entryOf(stat: BigIntStats): Omit<Entry, "target"> {
  return {
    type: stat.isFile() ? "file" : stat.isDirectory() ? "folder" : stat.isSymbolicLink() ? "link" : "special",
    mode: Number(stat.mode & 0o7777n), size: Number(stat.size), inode: String(stat.ino),
    modified: seconds(stat.mtimeNs), changed: seconds(stat.ctimeNs),
  };
}

/** Nanoseconds as `find` prints times. */
function seconds(ns: bigint): string {
  const whole = ns / 1_000_000_000n;
  return `${whole}.${String(ns % 1_000_000_000n).padStart(9, "0")}0`;
}

/**
 * Opens a regular file to read, and nothing else: no link, no pipe that would block, no device.
 * The folders above must have been looked at.
 */
export async function openRegular(location: Buffer): Promise<FileHandle> {
  const file = await open(location, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if ((await file.stat()).isFile()) return file;
  await file.close();
  throw new Error("it is not a regular file");
}

/** Whether an open file still is what was listed: the inode, and the time of its last change, which no program can set back. */
export async function isStill(file: FileHandle, { inode, changed, size }: Entry): Promise<boolean> {
  const now = entryOf(await file.stat({ bigint: true }));
  return now.inode === inode && now.changed === changed && now.size === size;
}

const chunkBytes = 65_536;

/** Whether two regular files hold the same bytes. */
export async function isSameContent(one: Buffer, other: Buffer): Promise<boolean> {
  await using a = await openRegular(one);
  await using b = await openRegular(other);
  if ((await a.stat()).size !== (await b.stat()).size) return false;
  const [left, right] = [Buffer.alloc(chunkBytes), Buffer.alloc(chunkBytes)];
  for (let at = 0; ;) {
    const [read, readOther] = await Promise.all([a.read(left, 0, chunkBytes, at), b.read(right, 0, chunkBytes, at)]);
    if (read.bytesRead !== readOther.bytesRead || left.compare(right, 0, readOther.bytesRead, 0, read.bytesRead) !== 0) return false;
    if (read.bytesRead === 0) return true;
    at += read.bytesRead;
  }
}
