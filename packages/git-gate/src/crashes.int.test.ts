import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { access, chmod, mkdir, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type GateRig, must, startGateRig } from "./testing/gate-rig.ts";
import { killProcesses } from "./testing/processes.ts";

const program = fileURLToPath(new URL("testing/gate-program.ts", import.meta.url));

test.each([
  ["the gate's hook", "app.hooks/pre-receive"], ["the git that takes the push", "receive-pack --stateless-rpc"], ["the git that forwards it", "push --quiet --no-verify"], ["its ssh", "ssh -F /dev/null"],
])("kill -9 of %s while the upstream has a push loses nothing, and the next push works", async (_, victim) => {
  await using rig = await startGateRig();
  await holdUpstream(rig);
  const work = await rig.clone("work");
  const id = await rig.commit(work, { "a.txt": "a\n" });
  const pushing = rig.git(work, "push", "origin", "HEAD:refs/heads/one");
  await upstreamHas(rig);
  const killed = await killProcesses(rig.folder, victim);
  await releaseUpstream(rig);
  expect(killed).toBeGreaterThan(0);
  // libcurl sends a request once more if a kept connection ends without a byte of its answer: then it may succeed after all, and has to be true.
  const { code } = await pushing;
  if (code === 0) expect(await rig.upstreamRef("refs/heads/one")).toBe(id);
  await expectHealed(rig, rig.url, work, id);
});

test("kill -9 of the gate while the upstream has the push loses nothing, and a new one on the same directory goes on", async () => {
  await using rig = await startGateRig();
  const directory = join(rig.folder, "gate-of-its-own");
  const first = await startProgram(rig, directory);
  const work = join(rig.folder, "work");
  let second: RunningGate | undefined;
  try {
    await must(rig.git(rig.folder, "clone", "--quiet", first.url, "work"));
    await holdUpstream(rig);
    const id = await rig.commit(work, { "a.txt": "a\n" });
    const pushing = rig.git(work, "push", "origin", "HEAD:refs/heads/one");
    await upstreamHas(rig);
    await first.kill();
    expect((await pushing).code).not.toBe(0);
    await releaseUpstream(rig);
    second = await startProgram(rig, directory);
    await must(rig.git(work, "remote", "set-url", "origin", second.url));
    await expectHealed(rig, second.url, work, id);
    expect((await readdir(join(directory, "app.git", "objects"))).filter((name) => name.startsWith("tmp_"))).toEqual([]);
  } finally {
    await first.kill();
    await second?.kill();
  }
});

test("locks, half packs and uploads that a killed git left are in nobody's way", async () => {
  await using rig = await startGateRig();
  const work = await rig.clone("work");
  const repository = join(rig.folder, "gate", "app.git");
  const leave = async (): Promise<void> => {
    for (const file of ["packed-refs.lock", "refs/heads/main.lock", "HEAD.lock", "objects/pack/tmp_pack_abc"]) await writeFile(join(repository, file), "");
  };
  const seed = join(rig.folder, "seed");
  const id = await rig.commit(seed, { "b.txt": "b\n" });
  await must(rig.git(seed, "push", "--quiet", "origin", "HEAD:main"));
  await leave();
  await must(rig.git(work, "fetch", "--quiet", "origin"));
  expect((await must(rig.git(work, "rev-parse", "origin/main"))).out.trim()).toBe(id);
  await leave();
  await mkdir(join(repository, "objects", "tmp_objdir-incoming-abc"));
  await writeFile(join(repository, "config.lock"), "");
  const again = await startProgram(rig, join(rig.folder, "gate"));
  try {
    await rig.commit(work, { "c.txt": "c\n" });
    await must(rig.git(work, "pull", "--quiet", "--rebase", "origin", "main"));
    await must(rig.git(work, "push", again.url, "HEAD:two"));
    expect(await readdir(join(repository, "objects"))).not.toContain("tmp_objdir-incoming-abc");
  } finally {
    await again.kill();
  }
});

test("a push that cannot be looked through in time is refused, and the gate goes on", async () => {
  await using rig = await startGateRig({ gate: { limits: { scanMs: 1 } } });
  const work = await rig.clone("work");
  await rig.commit(work, { "a.txt": "a\n" });
  const pushed = await rig.git(work, "push", "origin", "HEAD:one");
  expect(pushed.code).not.toBe(0);
  expect(await rig.upstreamRef("refs/heads/one")).toBe("");
  await must(rig.git(work, "fetch", "--quiet", "origin"));
});

interface RunningGate {
  readonly url: string;
  kill(): Promise<void>;
}

async function startProgram(rig: GateRig, directory: string): Promise<RunningGate> {
  const child: ChildProcess = spawn(process.execPath, ["--conditions=@bottle/source", program, JSON.stringify({ directory, repository: rig.repository, port: 0 })], { stdio: ["ignore", "pipe", "inherit"] });
  if (child.stdout === null) throw new Error("The gate has no output.");
  const [port] = await once(createInterface(child.stdout), "line") as [string];
  return {
    url: `http://127.0.0.1:${port}/app.git`,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

async function holdUpstream({ upstream, folder }: GateRig): Promise<void> {
  const hook = join(upstream, "hooks", "pre-receive");
  await writeFile(hook, `#!/bin/sh\ntouch '${folder}/waiting'\nfor i in $(seq 300); do [ -e '${folder}/go' ] && exit 0; sleep 0.1; done\nexit 1\n`);
  await chmod(hook, 0o755);
}

async function upstreamHas({ folder }: GateRig): Promise<void> {
  await expect.poll(() => access(join(folder, "waiting")).then(() => true, () => false), { timeout: 60_000 }).toBe(true);
}

async function releaseUpstream({ upstream, folder }: GateRig): Promise<void> {
  await writeFile(join(folder, "go"), "");
  await rm(join(upstream, "hooks", "pre-receive"), { force: true });
}

async function expectHealed(rig: GateRig, url: string, work: string, id: string): Promise<void> {
  // The upstream had all of it and goes on by itself, or not.
  for (let tries = 0; tries < 50 && await rig.upstreamRef("refs/heads/one") === ""; tries += 1) await delay(100);
  await must(rig.git(work, "fetch", "--quiet", "origin"));
  await must(rig.git(work, "push", "origin", "HEAD:refs/heads/one"));
  expect(await rig.upstreamRef("refs/heads/one")).toBe(id);
  await must(rig.git(rig.folder, "clone", "--quiet", url, "after"));
  await must(rig.git(join(rig.folder, "after"), "fsck", "--full", "--strict"));
  expect((await must(rig.git(join(rig.folder, "after"), "rev-parse", "origin/one"))).out.trim()).toBe(id);
}
