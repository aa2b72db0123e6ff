import { lstat, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DockerEngineError } from "./errors.ts";

/** What stays between runs, so that images are built once: `data` (the engine's), `base` (tarballs); `run` goes with the engine. */
export interface KeptFolder {
  readonly root: string;
  readonly data: string;
  readonly base: string;
  readonly run: string;
  readonly users: string;
}

/** Where tests of this user keep their engine. */
export const keptRoot: string = join(tmpdir(), "bottle-docker-engine");

/**
 * Makes the folder, for this user alone. In a place where anybody may write, somebody else may have made it first.
 * @throws DockerEngineError `folder-foreign`
 */
export async function openKeptFolder(root: string): Promise<KeptFolder> {
  await mkdir(root, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "EEXIST") throw error;
  });
  const stats = await lstat(root);
  if (!stats.isDirectory() || stats.uid !== process.getuid?.() || (stats.mode & 0o022) !== 0) {
    throw new DockerEngineError("folder-foreign", `${root} is not a folder that only this user can write to: remove it, it holds nothing but test images.`);
  }
  const [data, base, run, users] = ["data", "base", "run", "users"].map((name) => join(root, name)) as [string, string, string, string];
  for (const folder of [data, base, users]) await mkdir(folder, { recursive: true, mode: 0o700 });
  return { root, data, base, run, users };
}
