import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createIdentity, labelledProcesses, openStateStore, ownerLabel, type Bottle, type BottleError, type BottleSpec, type LaunchOptions } from "@bottle/backend-core";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { DockerBackend } from "./backend.ts";
import { resourceNames } from "./names.ts";
import { createTestBackend } from "./testing/backend.ts";
import { namesIn, startLoadedEngine, type LoadedEngine } from "./testing/loaded-engine.ts";
import { plainSpec } from "./testing/plain-spec.ts";

const timeoutMs = 120_000;
const kills = 5;
const folder = mkdtempSync(join(tmpdir(), "bottle-faults-"));
const [disk, home, source] = ["disk", "home", "source"].map((name) => join(folder, name)) as [string, string, string];
const program = fileURLToPath(new URL("testing/launch-program.ts", import.meta.url));
const state = openStateStore(home);
let engine: LoadedEngine;
let backend: DockerBackend;

beforeAll(async () => {
  for (const path of [disk, home, source]) mkdirSync(path, { mode: 0o700 });
  writeFileSync(join(source, "main.txt"), "as it was\n");
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1200m", "none", disk]);
  // Room for three networks: one bottle and a half.
  engine = await startLoadedEngine(["--data-root", disk, "--default-address-pool", "base=10.213.0.0/22,size=24"]);
}, timeoutMs);
afterAll(async () => {
  await engine?.[Symbol.asyncDispose]();
  execFileSync("umount", ["--lazy", disk]);
  rmSync(folder, { recursive: true, force: true });
}, timeoutMs);
// One each, as each command of the CLI has: it remembers the engine for some seconds.
beforeEach(() => {
  backend = createTestBackend(state, engine.operatorEnv);
  return async () => {
    expect(await left()).toEqual([]);
  };
});

/** What of bottles the engine has; folders of programs stay for the next ones. */
const left = async (): Promise<readonly string[]> => (await namesIn(engine.docker)).filter((name) => !name.startsWith("volume bottle-mount-"));
const copied = (change: Partial<BottleSpec> = {}): BottleSpec => plainSpec({ workspace: { mode: "copy", source }, ...change });
const launch = async (spec: BottleSpec, options?: LaunchOptions): Promise<Bottle> => (await backend.prepare(spec)).launch(options);
const failure = async (attempt: PromiseLike<unknown>): Promise<BottleError> => attempt.then(() => Promise.reject(new Error("It went well.")), (error: BottleError) => error);
const fileOf = (identity: string, path: string): string => readFileSync(join(state.directory(identity).root, path), "utf8");

async function output(bottle: Bottle, script: string): Promise<string> {
  return Buffer.from((await bottle.exec(script)).stdout).toString();
}

test("with no address range left a start says so and leaves nothing; the bottle that has them is not disturbed", async () => {
  await using first = await launch(copied());
  const there = await left();
  const second = copied();
  expect(await failure(launch(second))).toMatchObject({ code: "launch-failed", message: "The Docker engine has no address range left for another network." });
  expect(await left()).toEqual(there);
  expect(existsSync(state.directory(second.identity).root)).toBe(false);
  expect(await output(first, "cat main.txt")).toBe("as it was\n");
}, timeoutMs);

test.each([["no room", 0], ["too little room for the project", 6]])("an engine's disk with %s: a start says so and leaves nothing; with room again it starts", async (_, megabytes) => {
  const large = mkdtempSync(join(folder, "large-"));
  writeFileSync(join(large, "large"), Buffer.alloc(16 * 2 ** 20, "x"));
  writeFileSync(join(large, "main.txt"), "as it was\n");
  const spec = copied({ workspace: { mode: "copy", source: large } });
  fillDisk(megabytes);
  const error = await failure(launch(spec));
  expect(await left()).toEqual([]);
  emptyDisk();
  expect(error).toMatchObject({ code: "launch-failed", message: "The Docker engine has no space left on its disk.", mend: expect.stringContaining("docker system prune") as string });
  expect(existsSync(state.directory(spec.identity).root)).toBe(false);
  await using again = await launch(spec);
  expect(await output(again, "cat main.txt")).toBe("as it was\n");
}, timeoutMs);

test("an agent that fills the engine's disk keeps its bottle from nothing: its work comes home, and nothing stays", async () => {
  const spec = copied();
  fillDisk(20);
  const bottle = await launch(spec);
  await output(bottle, "echo work > main.txt; cat /dev/zero > fill; true");
  await bottle[Symbol.asyncDispose]();
  emptyDisk();
  expect(fileOf(spec.identity, "workspace/main.txt")).toBe("work\n");
}, timeoutMs);

function fillDisk(freeMegabytes: number): void {
  const { bavail, bsize } = statfsSync(disk);
  execFileSync("sh", ["-c", 'head -c "$1" /dev/zero > "$2"', "sh", String(bavail * bsize - freeMegabytes * 2 ** 20), join(disk, "filler")]);
}

function emptyDisk(): void {
  rmSync(join(disk, "filler"));
}

test("an engine that is restarted under a running bottle: the operator is told, so is the next command; nothing is left or lost", async () => {
  const spec = copied();
  const warnings: string[] = [];
  await using bottle = await launch(spec, { onWarning: (message) => warnings.push(message) });
  await output(bottle, "echo work > main.txt");
  await engine.restart();
  await expect.poll(() => warnings.join(), { timeout: 10_000 }).toMatch(/^The sidecars of \S+ ended \(.+\)\. The bottle has no way out any more; stop it and run `bottle resume \S+`\.$/);
  await expect(bottle.exec("true")).rejects.toMatchObject({ code: "not-running", mend: expect.stringContaining("resume") as string });
  await bottle[Symbol.asyncDispose]();
  expect(fileOf(spec.identity, "workspace/main.txt")).toBe("work\n");
}, timeoutMs);

test("an engine that goes away: each command says so, work stays where it is, and comes home when the engine is back", async () => {
  const spec = copied();
  const late = copied();
  const bottle = await launch(spec);
  await output(bottle, "echo work > main.txt");
  const prepared = await backend.prepare(late);
  await engine.kill();
  const gone = { code: "backend-unavailable", message: expect.stringContaining("engine does not answer") as string, mend: expect.stringContaining("systemctl start docker") as string };
  expect(await failure(backend.prepare(copied()).then((one) => one.launch()))).toMatchObject(gone);
  expect(await failure(prepared.launch())).toMatchObject(gone);
  expect(await failure(bottle.exec("true"))).toMatchObject(gone);
  expect(await failure(backend.sweep(spec.identity))).toMatchObject(gone);
  expect(await failure(bottle[Symbol.asyncDispose]())).toMatchObject(gone);
  await engine.restart();
  const again = createTestBackend(state, engine.operatorEnv);
  const early = again.prepare({ ...spec, resume: true }).then((one) => one.launch()).then((resumed) => resumed[Symbol.asyncDispose]());
  expect(await failure(early)).toMatchObject({ code: "launch-failed", message: `The bottle ${spec.identity} still has containers or volumes in the engine.`, mend: expect.stringContaining("bottle cleanup") as string });
  await backend.sweep(spec.identity);
  expect(fileOf(spec.identity, "workspace/main.txt")).toBe("work\n");
  await backend.sweep(late.identity);
}, timeoutMs);

test("an engine that goes away in mid-launch: the start says so, and the next cleanup knows of what stayed", async () => {
  const spec = copied();
  const prepared = await backend.prepare(spec);
  const attempt = failure(prepared.launch());
  await expect.poll(async () => (await left()).join(), { timeout: 20_000, interval: 50 }).toContain("container");
  await engine.kill();
  expect(await attempt).toMatchObject({ name: "BottleError", message: expect.stringContaining("engine does not answer") as string });
  await engine.restart();
  expect(await left()).not.toEqual([]);
  expect((await state.list()).map(({ identity }) => identity)).toContain(spec.identity);
  await backend.sweep(spec.identity);
}, timeoutMs);

test("a keeper killed at any moment of a start or a resume: sweeping leaves nothing, and no work is lost", { timeout: 2 * timeoutMs }, async () => {
  const worked = createIdentity("fault");
  const wholeMs = await keep(worked, "first", Infinity);
  await expectSwept(worked);
  const work = (): readonly string[] => [fileOf(worked, "workspace/main.txt"), fileOf(worked, "agent/work")];
  let known = work();
  expect(known).toEqual(["as it was\nwork\n", "work\n"]);
  for (let kill = 0; kill < kills; kill += 1) {
    const identity = kill % 2 === 0 ? worked : createIdentity("fault");
    await keep(identity, kill % 2 === 0 ? "resume" : "first", (wholeMs / kills) * (kill + 0.5));
    await expectSwept(identity);
    // One that came up in time has added to it.
    expect(work().map((text, index) => text.slice(0, known[index]?.length)), `killed ${kill}`).toEqual(known);
    known = work();
  }
});

test("a keeper killed while it ends its bottle: sweeping leaves nothing, and no work is lost", async () => {
  for (const afterMs of [300, 1500]) {
    const identity = createIdentity("fault");
    await keep(identity, "first", Infinity, { endingMs: afterMs });
    await expectSwept(identity);
    expect([fileOf(identity, "workspace/main.txt"), fileOf(identity, "agent/work")], `killed after ${afterMs} ms`).toEqual(["as it was\nwork\n", "work\n"]);
  }
}, timeoutMs);

test("a keeper killed between the removal of one volume and of the next does not cost what had come home", async () => {
  const spec = copied();
  const { agent, sidecars, volumes } = resourceNames({ label: ownerLabel(home, spec.identity) });
  const bottle = await launch(spec);
  await output(bottle, "echo work > ~/work");
  await backend.refresh(spec.identity, "everything");
  await engine.docker.must(["rm", "--force", agent, sidecars], "rm");
  await engine.docker.must(["volume", "rm", volumes.home], "rm");
  await expectSwept(spec.identity);
  expect(fileOf(spec.identity, "agent/work")).toBe("work\n");
  await bottle[Symbol.asyncDispose]();
}, timeoutMs);

/**
 * Launches in another process and kills that after so long, or when the bottle is up, or so long after it was told to end it.
 * @returns how long it was alive, once prepared
 */
async function keep(identity: string, resume: "first" | "resume", afterMs: number, { endingMs }: { readonly endingMs?: number } = {}): Promise<number> {
  const tool = mkdtempSync(join(folder, "tool-"));
  writeFileSync(join(tool, "program"), identity);
  const child = spawn(process.execPath, ["--conditions=@bottle/source", program, home, identity, source, tool, resume], { env: engine.operatorEnv, stdio: ["ignore", "pipe", "inherit"], detached: true });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  expect((await lines.next()).value).toBe("prepared");
  const began = performance.now();
  const up = lines.next();
  await Promise.race([up, afterMs === Infinity ? up : delay(afterMs)]);
  const aliveMs = performance.now() - began;
  if (endingMs !== undefined) {
    child.kill("SIGTERM");
    await delay(endingMs);
  }
  await kill(child);
  if (afterMs === Infinity) expect((await up).value).toBe("up");
  return aliveMs;
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

async function expectSwept(identity: string): Promise<void> {
  await backend.sweep(identity);
  expect(await left()).toEqual([]);
  expect(await labelledProcesses(ownerLabel(home, identity))).toEqual([]);
}
