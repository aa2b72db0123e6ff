import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { gitEnvironment } from "./environment.ts";
import { run } from "./run.ts";

const mostPacks = 20;
const repackMs = 300_000;

/**
 * Puts the small packs of a repository together once there are many: each fetch and each push brings one. All objects stay (git-repack(1), `--geometric`),
 * and what fails is tried again the next time. Only while no push is under way.
 */
export async function tidyPacks(repository: string, scratch: string): Promise<void> {
  const packs = (await readdir(join(repository, "objects", "pack")).catch(() => [])).filter((name) => name.endsWith(".pack"));
  if (packs.length <= mostPacks) return;
  await run({ argv: ["git", "-C", repository, "repack", "--quiet", "-d", "--geometric=2"], env: gitEnvironment(scratch) }, { timeoutMs: repackMs }).catch(() => undefined);
}
