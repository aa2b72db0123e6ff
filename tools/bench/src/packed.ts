import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { installPacked, packAll } from "@bottle/release";

const cache = join(tmpdir(), "bottle-bench");

/** The packed and installed CLI of the present sources, made once per state of them. */
export async function packedBottle(): Promise<string> {
  const tarballs = await packAll(join(cache, "tarballs"));
  const hash = createHash("sha256");
  for (const file of [...tarballs.values()].sort()) hash.update(await readFile(file));
  const folder = join(cache, hash.digest("hex").slice(0, 16));
  const isThere = (await readdir(folder).catch((): string[] => [])).length > 0;
  if (!isThere) {
    await installPacked(`${folder}.new`, tarballs);
    await rename(`${folder}.new`, folder);
  }
  return join(folder, "node_modules", ".bin", "bottle");
}

/** The CLI of @anthropic-ai/sandbox-runtime, installed once. */
export async function sandboxRuntime(): Promise<string> {
  const folder = join(cache, "sandbox-runtime");
  const program = join(folder, "node_modules", ".bin", "srt");
  if (await readFile(program).then(() => true, () => false)) return program;
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await execa("npm", ["install", "--no-audit", "--no-fund", "--prefix", folder, "@anthropic-ai/sandbox-runtime@0.0.83"], { cwd: folder });
  return program;
}
