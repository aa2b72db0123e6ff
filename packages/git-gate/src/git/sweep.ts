import { readdirSync } from "node:fs";
import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/**
 * Takes away what a git that was killed leaves in the way of the next: locks of refs and files, packs half written. Only for a time in
 * which no git changes refs here.
 */
export async function sweepLocks(repository: string): Promise<void> {
  const [files, refs, packs] = await Promise.all([namesIn(repository), namesIn(join(repository, "refs"), true), namesIn(join(repository, "objects", "pack"))]);
  const stale = [
    ...files.filter((name) => name.endsWith(".lock")),
    ...refs.filter((name) => name.endsWith(".lock")).map((name) => join("refs", name)),
    ...packs.filter((name) => name.startsWith("tmp_")).map((name) => join("objects", "pack", name)),
  ];
  for (const name of stale) await rm(join(repository, name), { force: true });
}

/** Takes away what was uploaded by pushes that were broken off. Only while no push is under way: what is there when this is called is nobody's. */
export async function sweepQuarantines(repository: string): Promise<void> {
  const objects = join(repository, "objects");
  // At once: a push that begins meanwhile has one of another name.
  const stale = readdirSync(objects).filter((name) => name.startsWith("tmp_objdir-"));
  for (const name of stale) await rm(join(objects, name), { recursive: true, force: true });
}

async function namesIn(folder: string, recursive = false): Promise<readonly string[]> {
  return readdir(folder, { recursive }).catch(() => []);
}
