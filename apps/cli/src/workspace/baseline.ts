import { lstat, readdir, readFile, readlink } from "node:fs/promises";
import { join } from "node:path";
import { writeWhole } from "@bottle/backend-core";
import type { BigIntStats } from "node:fs";

/** What one path of the copy was when it was made. Numbers are decimal texts, nanoseconds since 1970. */
export interface BaselineEntry {
  readonly type: "file" | "folder" | "link";
  readonly mode: number;
  readonly size: string;
  /** Of the copy and, since copying keeps it, of the original. */
  readonly mtimeNs: string;
  /** Of the copy: nobody inside can set it back. */
  readonly ctimeNs: string;
  readonly target?: string;
}

/** Path from the workspace's root → what it was. */
export type Baseline = ReadonlyMap<string, BaselineEntry>;

const batch = 64;
/** The repository's own store is not brought home file by file: it holds programs git runs. */
const leftOut = new Set([".git"]);

/** Lists a tree: files, folders and links below it, no link followed, `.git` left out, special files too. */
export async function listTree(root: string): Promise<Baseline> {
  const found = new Map<string, BaselineEntry>();
  const pending: string[] = [""];
  while (pending.length > 0) {
    const folders = pending.splice(0, batch);
    await Promise.all(folders.map(async (folder) => {
      const names = await readdir(join(root, folder)).catch((): string[] => []);
      await Promise.all(names.map(async (name) => {
        const path = folder === "" ? name : `${folder}/${name}`;
        if (leftOut.has(path)) return;
        const entry = await readEntry(join(root, path));
        if (!entry) return;
        found.set(path, entry);
        if (entry.type === "folder") pending.push(path);
      }));
    }));
  }
  return new Map([...found].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** One path as an entry; undefined if it is gone or special. */
export async function readEntry(path: string): Promise<BaselineEntry | undefined> {
  const stat = await lstat(path, { bigint: true }).catch(() => undefined);
  const type = stat && typeOf(stat);
  if (!stat || !type) return undefined;
  const facts = { type, mode: Number(stat.mode & 0o777n), size: String(stat.size), mtimeNs: String(stat.mtimeNs), ctimeNs: String(stat.ctimeNs) };
  return type === "link" ? { ...facts, target: await readlink(path) } : facts;
}

function typeOf(stat: BigIntStats): BaselineEntry["type"] | undefined {
  if (stat.isFile()) return "file";
  if (stat.isDirectory()) return "folder";
  return stat.isSymbolicLink() ? "link" : undefined;
}

/** Notes a fresh copy, before its agent starts. */
export async function writeBaseline(file: string, baseline: Baseline): Promise<void> {
  await writeWhole(file, JSON.stringify([...baseline]));
}

/** Reads it back; undefined if there is none. */
export async function readBaseline(file: string): Promise<Baseline | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  return text === undefined ? undefined : new Map(JSON.parse(text) as [string, BaselineEntry][]);
}
