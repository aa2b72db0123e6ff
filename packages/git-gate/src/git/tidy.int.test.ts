import { execFileSync } from "node:child_process";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { must, startGateRig } from "../testing/gate-rig.ts";

test("packs do not only grow: after many a fetch puts them together, and no object is lost", async () => {
  await using rig = await startGateRig({ gate: { gitleaks: { use: "off" } } });
  const work = await rig.clone("work");
  const repository = join(rig.folder, "gate", "app.git");
  const packs = async (): Promise<number> => (await readdir(join(repository, "objects", "pack"))).filter((name) => name.endsWith(".pack")).length;
  const git = (args: readonly string[], input: string): string => execFileSync("git", ["-C", repository, ...args], { input, encoding: "utf8" }).trim();
  const ids = Array.from({ length: 24 }, (_, index) => git(["hash-object", "-w", "--stdin"], `object ${index}\n`));
  for (const id of ids) git(["pack-objects", "--quiet", join(repository, "objects", "pack", "pack")], `${id}\n`);
  git(["prune-packed", "--quiet"], "");
  expect(await packs()).toBeGreaterThan(20);
  await must(rig.git(work, "fetch", "--quiet", "origin"));
  expect(await packs()).toBeLessThan(5);
  for (const [index, id] of ids.entries()) expect(git(["cat-file", "blob", id], "")).toBe(`object ${index}`);
  await must(rig.git(repository, "fsck", "--full", "--strict"));
  const commit = await rig.commit(work, { "a.txt": "a\n" });
  await must(rig.git(work, "push", "origin", "HEAD:one"));
  expect(await rig.upstreamRef("refs/heads/one")).toBe(commit);
});
