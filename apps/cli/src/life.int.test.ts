import { execFile, spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { labelledProcesses, openStateStore, ownerLabel } from "@bottle/backend-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createBottleRig, type BottleRig } from "./testing/run-bottle.ts";

const main = fileURLToPath(new URL("main.ts", import.meta.url));

const agent = (command: string): string => `---\nkind: command\nbottle: plain\ncommand: [/bin/sh, -c, ${JSON.stringify(command)}]\n---\nWork.\n`;

/** Runs `bottle` on a terminal of its own, in tmux; `-L` keeps it apart from any other server. */
function onTerminal(rig: BottleRig, name: string, args: readonly string[]): { send(...keys: string[]): Promise<void>; screen(): Promise<string>; end(): Promise<void> } {
  const server = `bottle-test-${process.pid}-${name}`;
  const tmux = (...words: readonly string[]): Promise<string> => new Promise((resolve) => execFile("tmux", ["-L", server, "-f", "/dev/null", ...words], (_error, stdout) => resolve(stdout)));
  const started = tmux("new-session", "-d", "-x", "100", "-y", "30", "-c", rig.project, "-e", `BOTTLE_HOME=${rig.home}`, process.execPath, "--conditions=@bottle/source", main, ...args, ";", "set", "remain-on-exit", "on");
  return {
    async send(...keys) {
      await started;
      await tmux("send-keys", ...keys);
    },
    async screen() {
      await started;
      return tmux("capture-pane", "-p");
    },
    async end() {
      await tmux("kill-server");
    },
  };
}

describe("a bottle's life on the command line", () => {
  let rig: BottleRig;
  const store = (): ReturnType<typeof openStateStore> => openStateStore(rig.home);
  const identities = (): readonly string[] => (existsSync(join(rig.home, "state")) ? readdirSync(join(rig.home, "state")) : []);
  const newest = async (): Promise<string> => (await store().list()).flatMap((entry) => ("metadata" in entry ? [entry.metadata] : [])).sort((a, b) => (a.createdAt < b.createdAt ? 1 : -1))[0]?.identity ?? "";
  const left = (identity: string): Promise<number[]> => labelledProcesses(ownerLabel(rig.home, identity));

  beforeAll(async () => {
    rig = await createBottleRig();
    writeFileSync(join(rig.project, "file.txt"), "one\n");
    await rig.write("bottles/plain.md", "---\negress: { routes: [] }\n---\n");
    await rig.write("agents/quick.md", agent("echo said; echo complained >&2; echo two > file.txt; exit 7"));
    await rig.write("agents/slow.md", agent("echo started; echo work > work.txt; sleep 1000"));
    await rig.write("agents/talk.md", agent("stty -echo; echo size $(stty size); while read line; do echo heard $line; done"));
  });
  afterAll(async () => {
    for (const identity of identities()) expect(await left(identity)).toEqual([]);
    await rig[Symbol.asyncDispose]();
  });

  test("the agent's output and exit status come through, and nothing stays running", async () => {
    const result = await rig.run(["start", "quick", "--yes"]);
    expect({ status: result.status, stdout: result.stdout }).toEqual({ status: 7, stdout: "said\n" });
    expect(result.stderr).toContain("complained\n");
    const identity = await newest();
    expect(result.stderr).toContain(`bottle resume ${identity}`);
    expect(await left(identity)).toEqual([]);
    expect(readFileSync(join(rig.project, "file.txt"), "utf8")).toBe("one\n");
    expect(await store().read(identity)).toMatchObject({ status: "stopped", exitCode: 7 });
  });

  test("diff shows what the agent did, and apply brings it home", async () => {
    const identity = await newest();
    const diff = await rig.run(["diff", identity]);
    expect(diff.stdout).toContain("file.txt");
    expect(diff.stdout).toContain("+two");
    const apply = await rig.run(["apply", identity, "--yes"]);
    expect({ status: apply.status, stderr: apply.stderr }).toMatchObject({ status: 0 });
    expect(readFileSync(join(rig.project, "file.txt"), "utf8")).toBe("two\n");
  });

  test("resume goes on with the same home and workspace", async () => {
    const identity = await newest();
    const resumed = await rig.run(["resume", identity, "--yes"]);
    expect(resumed).toMatchObject({ status: 7, stdout: "said\n" });
    expect(identities().filter((name) => name.startsWith("quick-"))).toEqual([identity]);
  });

  test("without a terminal and without --yes nothing starts", async () => {
    const before = identities();
    const result = await rig.run(["start", "quick"]);
    expect(result).toMatchObject({ status: 1 });
    expect(result.stderr).toContain("--yes");
    expect(identities()).toEqual(before);
  });

  test("--dry-run shows the plan as JSON and makes nothing", async () => {
    const before = identities();
    const { stdout, status } = await rig.run(["start", "quick", "--dry-run", "--json"]);
    expect({ status, plan: JSON.parse(stdout) }).toMatchObject({ status: 0, plan: { agent: "quick", backend: "bubblewrap", routes: [], workspace: { mode: "copy", source: rig.project } } });
    expect(identities()).toEqual(before);
  });

  test("a detached bottle runs on, takes exec, is listed, and stops", async () => {
    const started = await rig.run(["start", "slow", "--yes", "--detach"]);
    expect({ status: started.status, stderr: started.status === 0 ? "" : started.stderr }).toEqual({ status: 0, stderr: "" });
    const identity = await newest();
    expect(JSON.parse((await rig.run(["list", "--json"])).stdout)).toContainEqual(expect.objectContaining({ identity, status: "running" }));
    expect(await rig.run(["exec", identity, "--", "cat", "work.txt"])).toMatchObject({ status: 0, stdout: "work\n" });
    expect(await rig.run(["exec", identity, "--", "sh", "-c", "cat; exit 5"], { input: "piped\n" })).toMatchObject({ status: 5, stdout: "piped\n" });
    expect(await rig.run(["stop", identity])).toMatchObject({ status: 0 });
    expect(await left(identity)).toEqual([]);
    expect(await store().read(identity)).toMatchObject({ status: "stopped" });
    expect(await rig.run(["exec", identity, "--", "true"])).toMatchObject({ status: 1, stderr: expect.stringContaining(`bottle resume ${identity}`) });
  });

  test("on a terminal the agent has one of its own, with the right size; attach comes back to a detached one and Ctrl-\\ leaves it", async () => {
    const first = onTerminal(rig, "direct", ["start", "talk", "--yes"]);
    await expect.poll(() => first.screen(), { timeout: 10_000 }).toContain("size 30 100");
    await first.send("hello", "Enter");
    await expect.poll(() => first.screen()).toContain("heard hello");
    await first.send("C-d");
    await expect.poll(() => first.screen(), { timeout: 10_000 }).toContain("bottle resume talk-");
    await first.end();

    expect(await rig.run(["start", "talk", "--yes", "--detach"])).toMatchObject({ status: 0 });
    const identity = await newest();
    const second = onTerminal(rig, "attach", ["attach", identity]);
    await second.send("again", "Enter");
    await expect.poll(() => second.screen(), { timeout: 10_000 }).toContain("heard again");
    await second.send("C-\\");
    await expect.poll(() => second.screen(), { timeout: 10_000 }).toMatch(/detached|Pane is dead/);
    await second.end();
    expect((await store().read(identity)).status).toBe("running");
    expect(await rig.run(["stop", identity])).toMatchObject({ status: 0 });
  });

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)("%s ends a running start in order", async (signal) => {
    const child = spawn(process.execPath, ["--conditions=@bottle/source", main, "start", "slow", "--yes"], { cwd: rig.project, env: { PATH: process.env["PATH"], HOME: rig.project, BOTTLE_HOME: rig.home }, stdio: ["ignore", "pipe", "ignore"] });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    await new Promise((resolve) => child.stdout.once("data", resolve));
    const identity = await newest();
    child.kill(signal);
    expect(await ended).toBe({ SIGHUP: 129, SIGINT: 130, SIGTERM: 143 }[signal]);
    expect(await left(identity)).toEqual([]);
    expect(await store().read(identity)).toMatchObject({ status: "stopped" });
  });

  test("a signal at any moment of a launch leaves no process and no empty bottle", async () => {
    const before = identities();
    for (const afterMs of [30, 120, 200, 260, 320, 380, 440, 520]) {
      const child = spawn(process.execPath, ["--conditions=@bottle/source", main, "start", "slow", "--yes"], { cwd: rig.project, env: { PATH: process.env["PATH"], HOME: rig.project, BOTTLE_HOME: rig.home }, stdio: "ignore" });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      await delay(afterMs);
      child.kill("SIGTERM");
      await ended;
    }
    for (const identity of identities().filter((name) => !before.includes(name))) {
      expect(await left(identity)).toEqual([]);
      // Only a bottle whose agent could have worked stays.
      expect(await store().read(identity)).toMatchObject({ status: "stopped", agentStarted: true });
    }
  });

  test("kill -9 of the CLI at any moment: after cleanup nothing is left but the agent's work", async () => {
    const before = identities();
    for (const afterMs of [150, 250, 350, 450, "the agent has worked"] as const) {
      const child = spawn(process.execPath, ["--conditions=@bottle/source", main, "start", "slow", "--yes"], { cwd: rig.project, env: { PATH: process.env["PATH"], HOME: rig.project, BOTTLE_HOME: rig.home }, stdio: ["ignore", "pipe", "ignore"] });
      const ended = new Promise((resolve) => child.once("exit", resolve));
      if (typeof afterMs === "number") await delay(afterMs);
      else await new Promise((resolve) => child.stdout.once("data", resolve)).then(() => delay(200));
      child.kill("SIGKILL");
      await ended;
    }
    expect(await rig.run(["cleanup", "--yes"])).toMatchObject({ status: 0 });
    const kept = identities().filter((name) => !before.includes(name));
    for (const identity of kept) {
      expect(await left(identity)).toEqual([]);
      const { status, agentStarted } = await store().read(identity);
      expect({ status, agentStarted }).toEqual({ status: "crashed", agentStarted: true });
      expect(existsSync(join(rig.home, "state", identity, "sockets/egress.sock"))).toBe(false);
      expect(existsSync(join(rig.home, "state", identity, "control.sock"))).toBe(false);
    }
    expect((await rig.run(["cleanup", "--yes"])).stdout).toBe("Nothing to clean up.\n");
    const worked = (await Promise.all(kept.map((identity) => readdir(join(rig.home, "state", identity, "workspace")).catch((): string[] => [])))).filter((files) => files.includes("work.txt"));
    expect(worked.length).toBeGreaterThan(0);
  });

  test("purging deletes one ended bottle and only that", async () => {
    const [first = "", ...others] = identities();
    expect(await rig.run(["cleanup", "--purge", first, "--yes"])).toMatchObject({ status: 0 });
    expect(identities()).toEqual(others);
  });

  test("an unknown identity is answered with the known ones", async () => {
    for (const command of ["resume", "exec", "logs", "info", "stop", "diff", "apply"]) {
      const result = await rig.run([command, "nobody-00000"]);
      expect({ command, status: result.status }).toEqual({ command, status: 6 });
      expect(result.stderr).toContain(`There is no bottle "nobody-00000".`);
    }
  });
});
