import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { agentKind } from "../kinds.ts";
import { installProgram, type CommandRunner } from "./install.ts";
import { installPlan, type InstallPlan } from "./plan.ts";

let directory: string;
let plan: InstallPlan;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "bottle-install-"));
  const made = installPlan(agentKind("claude"), { directory: join(directory, "programs"), target: { arch: "x64", libc: "glibc" } });
  if (made === undefined) throw new Error("claude has a package.");
  plan = made;
});
afterEach(async () => await rm(directory, { recursive: true, force: true }));

// Stands for npm, whose real runs are in the kinds' own tests: slow or broken at will.
function npm(delayMs: number, makes: string | undefined = plan.entry): CommandRunner {
  return async (_argv, { cwd, signal }) => {
    await mkdir(dirname(join(cwd, "node_modules/x")), { recursive: true });
    await pause(delayMs, undefined, signal === undefined ? {} : { signal });
    if (makes !== undefined) {
      await mkdir(dirname(join(cwd, makes)), { recursive: true });
      await writeFile(join(cwd, makes), "program");
    }
    return { exitCode: 0, stderr: "" };
  };
}

const programs = (): Promise<string[]> => readdir(join(directory, "programs"));

test("of two installers at once one installs, both end well, and nothing else stays", async () => {
  const results = await Promise.all([installProgram(plan, { run: npm(30) }), installProgram(plan, { run: npm(40) })]);
  expect(results).toEqual([true, false]);
  expect(await programs()).toEqual([plan.directory.split("/").at(-1)]);
});

test("a program that is there is not installed again", async () => {
  await installProgram(plan, { run: npm(0) });
  expect(await installProgram(plan, { run: () => Promise.reject(new Error("not to be called")) })).toBe(false);
});

test("the bottle's account can read what was installed", async () => {
  await installProgram(plan, { run: npm(0) });
  expect((await stat(plan.directory)).mode & 0o777).toBe(0o755);
});

test("a failing npm leaves nothing, and what it said is in the error", async () => {
  const run: CommandRunner = async (_argv, { cwd }) => {
    await writeFile(join(cwd, "half"), "");
    return { exitCode: 1, stderr: "npm error code E404\n" };
  };
  await expect(installProgram(plan, { run })).rejects.toMatchObject({
    code: "install-failed",
    message: "@anthropic-ai/claude-code@2.1.329 was not installed: npm ended with 1: npm error code E404",
  });
  expect(await programs()).toEqual([]);
});

test("no npm at all is said", async () => {
  const cause = Object.assign(new Error("spawn npm ENOENT"), { code: "ENOENT" });
  await expect(installProgram(plan, { run: () => Promise.reject(cause) })).rejects.toMatchObject({
    message: "@anthropic-ai/claude-code@2.1.329 was not installed: npm could not be started.", cause,
  });
});

test("a package without the program is refused", async () => {
  await expect(installProgram(plan, { run: npm(0, "node_modules/other") })).rejects.toThrow(`the package does not hold ${plan.entry}`);
  expect(await programs()).toEqual([]);
});

test("something else in the place is not overwritten", async () => {
  await mkdir(plan.directory, { recursive: true });
  await writeFile(join(plan.directory, "mine.txt"), "mine");
  await expect(installProgram(plan, { run: npm(0) })).rejects.toThrow("is in the way");
  expect(await readdir(plan.directory)).toEqual(["mine.txt"]);
});

test("aborting leaves nothing", async () => {
  const abort = new AbortController();
  const installing = installProgram(plan, { run: npm(5_000), signal: abort.signal });
  setTimeout(() => abort.abort(), 20);
  await expect(installing).rejects.toThrow(/abort/i);
  expect(await programs()).toEqual([]);
});

test("the folder of a killed installer is removed, that of a running one is not", async () => {
  // Above the kernel's highest process number.
  const killed = join(directory, "programs", ".installing-4194399-aaaaaa");
  const running = join(directory, "programs", `.installing-${process.pid}-bbbbbb`);
  await mkdir(killed, { recursive: true });
  await mkdir(running);
  await installProgram(plan, { run: npm(0) });
  expect((await programs()).filter((name) => name.startsWith("."))).toEqual([`.installing-${process.pid}-bbbbbb`]);
});
