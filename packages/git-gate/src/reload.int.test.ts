import { chmod, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type GateRig, must, startGateRig } from "./testing/gate-rig.ts";
import { checkLeaks } from "./testing/leaks.ts";
import { processesOf } from "./testing/processes.ts";

checkLeaks();
const patience = { timeout: 20_000, interval: 50 };
const gate = { gitleaks: { use: "off" } } as const;

/** Makes the upstream wait with a push until it is told to go on. */
async function holdPushes({ upstream, folder }: GateRig): Promise<{ isWaiting(): Promise<boolean>; release(): Promise<void> }> {
  const hook = join(upstream, "hooks", "pre-receive");
  await writeFile(hook, `#!/bin/sh\ntouch '${folder}/waiting'\nfor i in $(seq 300); do [ -e '${folder}/go' ] && exit 0; sleep 0.1; done\nexit 1\n`);
  await chmod(hook, 0o755);
  return {
    isWaiting: () => rm(join(folder, "waiting")).then(() => true, () => false),
    release: () => writeFile(join(folder, "go"), ""),
  };
}

test("a push under way in a repository that is declared no more ends refused and leaves nothing; declared again it is served as before", async () => {
  await using rig = await startGateRig({ gate });
  const work = await rig.clone("work");
  const held = await holdPushes(rig);
  await rig.commit(work, { "a.txt": "a\n" });
  const pushing = rig.git(work, "push", "origin", "HEAD:one");
  await expect.poll(held.isWaiting, patience).toBe(true);
  await rig.gate.reload([]);
  const { code, err } = await pushing;
  expect(code).not.toBe(0);
  expect(err).toMatch(/did not take it|has just changed how this repository is declared/);
  for (const text of ["ssh -F", "push --quiet", "http-backend", "GATE_DOOR"]) await expect.poll(() => processesOf(join(rig.folder, "gate"), text), patience).toEqual([]);
  expect((await rig.git(work, "fetch", "origin")).err).toContain("has no such repository");
  expect(rig.gate.generation).toBe(2);
  await held.release();
  await rig.gate.reload([rig.repository]);
  await must(rig.git(work, "push", "origin", "HEAD:two"));
  expect(await rig.upstreamRef("refs/heads/two")).toMatch(/^[0-9a-f]{40}$/);
  expect(rig.events.filter(({ op }) => op === "push").map(({ decision }) => decision)).toEqual(["allow", "deny", "allow", "allow"]);
});

test("a push under way goes on while another repository changes, and new rules hold at once", async () => {
  await using rig = await startGateRig({ gate });
  const other = { ...rig.repository, name: "other", upstream: rig.repository.upstream.replace("upstream.git", "other.git") };
  await must(rig.git(rig.folder, "clone", "--quiet", "--bare", rig.upstream, "other.git"));
  await rig.gate.reload([rig.repository, other]);
  const work = await rig.clone("work");
  const held = await holdPushes(rig);
  await rig.commit(work, { "a.txt": "a\n" });
  const pushing = rig.git(work, "push", "origin", "HEAD:one");
  await expect.poll(held.isWaiting, patience).toBe(true);
  await rig.gate.reload([rig.repository, { ...other, push: ["agent/**"] }]);
  const url = rig.url.replace("app.git", "other.git");
  expect((await rig.git(work, "push", url, "HEAD:one")).err).toContain("these may: agent/**");
  await must(rig.git(work, "push", url, "HEAD:agent/one"));
  await held.release();
  expect(await pushing).toMatchObject({ code: 0 });
});

test("what cannot be served brings nothing into force: what was served before goes on", async () => {
  await using rig = await startGateRig({ gate });
  const { repository } = rig;
  const work = await rig.clone("work");
  await rig.commit(work, { "a.txt": "a\n" });
  await writeFile(join(rig.folder, "gate", "broken.git"), "in the way");
  const broken = { ...repository, name: "broken", upstream: "https://git.example.com/broken.git", identityFile: undefined, knownHostKey: undefined };
  await expect(rig.gate.reload([repository, { ...broken, identityFile: join(rig.folder, "none") }])).rejects.toMatchObject({ code: "option-invalid" });
  await expect(rig.gate.reload([repository, broken])).rejects.toMatchObject({ code: "repository-failed", message: expect.stringContaining("The repository for broken cannot be used") as string });
  // One that has changed has ended by then, and begins again as it was.
  await expect(rig.gate.reload([{ ...repository, push: ["never"] }, broken])).rejects.toMatchObject({ code: "repository-failed" });
  expect(rig.gate.generation).toBe(1);
  await must(rig.git(work, "push", "origin", "HEAD:one"));
  expect(await rig.upstreamRef("refs/heads/one")).toMatch(/^[0-9a-f]{40}$/);
});
