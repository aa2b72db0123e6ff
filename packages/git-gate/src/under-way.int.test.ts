import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { access, chmod, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { GitGateOptions } from "./options.ts";
import { type GateRig, must, startGateRig } from "./testing/gate-rig.ts";
import { checkLeaks } from "./testing/leaks.ts";
import { killProcesses, processesOf } from "./testing/processes.ts";

checkLeaks();
const off = { gitleaks: { use: "off" } } satisfies Partial<GitGateOptions>;
const patience = { timeout: 60_000, interval: 50 };
const is = (path: string): Promise<boolean> => access(path).then(() => true, () => false);

test("a push of 100 000 objects is looked through whole and arrives", async () => {
  await using rig = await startGateRig({ gate: { ...off, secrets: () => [{ name: "DEPLOY_TOKEN", value: "Zq7-gate-known-value-93kd02" }] } });
  const work = await rig.clone("work");
  const files = 99_598;
  const importing = spawn("git", ["-C", work, "fast-import", "--quiet", "--force"], { stdio: ["pipe", "ignore", "inherit"] });
  const data = (text: string): string => `data ${Buffer.byteLength(text)}\n${text}\n`;
  importing.stdin.write(`commit refs/heads/large\ncommitter A <a@example.com> 1700000000 +0000\n${data("Bring all")}`);
  for (let index = 0; index < files; index += 1) importing.stdin.write(`M 100644 inline d${index % 400}/${index}.txt\n${data(String(index))}`);
  importing.stdin.end("done\n");
  expect(await once(importing, "close")).toEqual([0, null]);
  await must(rig.git(work, "push", "--quiet", "origin", "large:refs/heads/large"));
  expect(await rig.upstreamRef("refs/heads/large")).toBe((await must(rig.git(work, "rev-parse", "large"))).out.trim());
  expect(rig.events.at(-1)).toMatchObject({ reason: "accepted", objects: 100_000 });
}, 240_000);

test("kill -9 of git while a push is uploaded refuses it, leaves nothing, and the next push works", async () => {
  await using rig = await startGateRig({ gate: off });
  const work = await rig.clone("work");
  const id = await rig.commit(work, { "a.txt": "a\n" });
  const half = beginUpload(rig, work, id);
  await expect.poll(() => processesOf(rig.folder, "receive-pack --stateless-rpc"), patience).not.toEqual([]);
  expect(await killProcesses(rig.folder, "receive-pack --stateless-rpc")).toBeGreaterThan(0);
  await half.ended;
  await expect.poll(() => quarantines(rig), patience).toEqual([]);
  expect(await rig.upstreamRef("refs/heads/half")).toBe("");
  await must(rig.git(work, "push", "origin", "HEAD:one"));
  expect(await rig.upstreamRef("refs/heads/one")).toBe(id);
});

test("kill -9 of git or ssh while the repository is brought up to date is said, and the next fetch gets all", async () => {
  await using rig = await startGateRig({ gate: off });
  const work = await rig.clone("work");
  rig.gate.freeze();
  rig.gate.thaw();
  const held = await holdSessions(rig);
  const seed = join(rig.folder, "seed");
  const id = await rig.commit(seed, { "b.txt": "b\n" });
  await must(rig.git(seed, "push", "--quiet", "origin", "HEAD:main"));
  for (const victim of ["fetch --quiet --prune", "git-upload-pack"]) {
    const fetching = rig.git(work, "fetch", "--quiet", "origin");
    await expect.poll(() => is(held.waiting), patience).toBe(true);
    expect(await killProcesses(rig.folder, victim)).toBeGreaterThan(0);
    const { code, err } = await fetching;
    expect(code).not.toBe(0);
    expect(err).toContain("502");
    await rm(held.waiting, { force: true });
  }
  await held.release();
  await must(rig.git(work, "fetch", "--quiet", "origin"));
  expect((await must(rig.git(work, "rev-parse", "origin/main"))).out.trim()).toBe(id);
  await must(rig.git(join(rig.folder, "gate", "app.git"), "fsck", "--full", "--strict"));
});

test("freeze while the upstream has a push ends all that is under way, and after it what is so is true", async () => {
  await using rig = await startGateRig({ gate: off });
  const work = await rig.clone("work");
  const hook = join(rig.upstream, "hooks", "pre-receive");
  await writeFile(hook, `#!/bin/sh\ntouch '${rig.folder}/waiting'\nfor i in $(seq 300); do [ -e '${rig.folder}/go' ] && exit 0; sleep 0.1; done\nexit 1\n`);
  await chmod(hook, 0o755);
  const id = await rig.commit(work, { "a.txt": "a\n" });
  const pushing = rig.git(work, "push", "origin", "HEAD:refs/heads/one");
  await expect.poll(() => is(join(rig.folder, "waiting")), patience).toBe(true);
  rig.gate.freeze();
  expect((await pushing).code).not.toBe(0);
  await expect.poll(() => processesOf(join(rig.folder, "gate"), "ssh -F"), patience).toEqual([]);
  await expect.poll(() => processesOf(join(rig.folder, "gate"), "push --quiet"), patience).toEqual([]);
  expect((await rig.git(work, "fetch", "origin")).err).toContain("503");
  await writeFile(join(rig.folder, "go"), "");
  await rm(hook);
  rig.gate.thaw();
  await must(rig.git(work, "fetch", "--quiet", "origin"));
  await must(rig.git(work, "push", "origin", "HEAD:refs/heads/one"));
  expect(await rig.upstreamRef("refs/heads/one")).toBe(id);
});

test("freeze while a push is looked through refuses it, and leaves no scanner and no file of it", async () => {
  await using rig = await startSlowRig({});
  const work = await rig.clone("work");
  await rig.commit(work, { "a.txt": "a\n" });
  const pushing = rig.git(work, "push", "origin", "HEAD:one");
  await expect.poll(() => is(`${rig.scanner}.pid`), patience).toBe(true);
  rig.gate.freeze();
  expect((await pushing).code).not.toBe(0);
  await expect.poll(() => isAlive(rig.scanner), patience).toBe(false);
  expect(await rig.upstreamRef("refs/heads/one")).toBe("");
});

test("a scan that takes too long takes its scanner with it", async () => {
  await using rig = await startSlowRig({ limits: { scanMs: 4_000 } });
  const work = await rig.clone("work");
  await rig.commit(work, { "a.txt": "a\n" });
  expect((await rig.git(work, "push", "origin", "HEAD:one")).err).toContain("could not be looked through within 4 s");
  await expect.poll(() => isAlive(rig.scanner), patience).toBe(false);
  expect(await rig.upstreamRef("refs/heads/one")).toBe("");
});

test("a scan that crashes refuses its push alone", async () => {
  let isBroken = true;
  await using rig = await startGateRig({ gate: { ...off, secrets: () => [{ name: "BROKEN", value: (isBroken ? 7 : "seven-of-nine-77") as string }] } });
  const work = await rig.clone("work");
  const id = await rig.commit(work, { "a.txt": "a\n" });
  expect((await rig.git(work, "push", "origin", "HEAD:one")).err).toContain("could not be looked through");
  expect(rig.events.at(-1)).toMatchObject({ op: "push", decision: "deny", reason: "internal" });
  expect(await rig.upstreamRef("refs/heads/one")).toBe("");
  isBroken = false;
  await must(rig.git(work, "push", "origin", "HEAD:one"));
  expect(await rig.upstreamRef("refs/heads/one")).toBe(id);
});

// Half of a push, and then nothing.
function beginUpload(rig: GateRig, work: string, id: string): { readonly ended: Promise<unknown> } {
  const text = `${"0".repeat(40)} ${id} refs/heads/half\0report-status\n`;
  const pack = execFileSync("git", ["pack-objects", "--stdout", "-q", "--revs"], { cwd: work, input: "HEAD\n" });
  const sent = request(new URL(rig.url), { method: "POST", path: "/app.git/git-receive-pack", headers: { "content-type": "application/x-git-receive-pack-request" } });
  const ended = new Promise((resolve) => void sent.on("error", resolve).on("response", (response) => void response.resume().on("close", resolve)));
  sent.write(Buffer.concat([Buffer.from(`${(text.length + 4).toString(16).padStart(4, "0")}${text}0000`), pack.subarray(0, pack.length >> 1)]));
  return { ended };
}

interface Held {
  /** Is there once a session waits. */
  readonly waiting: string;
  release(): Promise<void>;
}

// Every command that comes by ssh waits, from now on.
async function holdSessions({ folder }: GateRig): Promise<Held> {
  const [waiting, go, keys] = [join(folder, "session"), join(folder, "session-go"), join(folder, "ssh", "authorized_keys")];
  const key = await readFile(keys, "utf8");
  const script = join(folder, "hold.sh");
  await writeFile(script, `#!/bin/sh\ntouch '${waiting}'\nfor i in $(seq 600); do [ -e '${go}' ] && break; sleep 0.1; done\nexec sh -c "$SSH_ORIGINAL_COMMAND"\n`, { mode: 0o755 });
  await writeFile(keys, `command="${script}" ${key}`, { mode: 0o600 });
  return { waiting, release: () => writeFile(go, "") };
}

// With a scanner that is one at the start, and then takes ten minutes.
async function startSlowRig(gate: Partial<GitGateOptions>): Promise<GateRig & { readonly scanner: string }> {
  const folder = execFileSync("mktemp", ["-d"], { encoding: "utf8" }).trim();
  const program = join(folder, "gitleaks");
  await writeFile(program, `#!/bin/sh
if [ "$1" = version ]; then echo 8.30.1; exit 0; fi
while [ "$1" != --report-path ]; do shift; done
if [ -e '${folder}/tried' ]; then echo $$ > '${program}.pid'; exec sleep 600; fi
touch '${folder}/tried'
printf '[{"RuleID":"github-pat","File":"+canary","StartLine":2},{"RuleID":"github-pat","File":"zcanary","StartLine":2}]' > "$2"; exit 42
`, { mode: 0o755 });
  const rig = await startGateRig({ gate: { gitleaks: { use: "required", program }, ...gate } });
  return { ...rig, scanner: program, [Symbol.asyncDispose]: async () => {
    await rig[Symbol.asyncDispose]();
    await rm(folder, { recursive: true, force: true });
  } };
}

async function isAlive(scanner: string): Promise<boolean> {
  const pid = (await readFile(`${scanner}.pid`, "utf8")).trim();
  return is(`/proc/${pid}`);
}

async function quarantines(rig: GateRig): Promise<readonly string[]> {
  await mkdir(join(rig.folder, "gate", "app.git", "objects"), { recursive: true });
  return (await readdir(join(rig.folder, "gate", "app.git", "objects"))).filter((name) => name.startsWith("tmp_"));
}
