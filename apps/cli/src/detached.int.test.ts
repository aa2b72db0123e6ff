import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { labelledProcesses, ownerLabel } from "@bottle/backend-core";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openTerminal, type OuterTerminal } from "./testing/outer-terminal.ts";
import { createBottleRig, type BottleRig } from "./testing/run-bottle.ts";

let rig: BottleRig;
beforeEach(async () => {
  rig = await createBottleRig();
  await rig.write("bottles/dev.md", "---\n---\n");
});
afterEach(async () => {
  await rig.run(["stop", "--all"]);
  for (const identity of identities()) expect(await labelledProcesses(ownerLabel(rig.home, identity)), identity).toEqual([]);
  await rig[Symbol.asyncDispose]();
});

const agent = (script: string): Promise<void> => rig.write("agents/dev.md", `---\nkind: command\nbottle: dev\ncommand: [/bin/sh, -c, ${JSON.stringify(script)}, agent]\n---\n`);
const identities = (): readonly string[] => (existsSync(join(rig.home, "state")) ? readdirSync(join(rig.home, "state")) : []);
const only = (): string => {
  expect(identities()).toHaveLength(1);
  return identities()[0] ?? "";
};
const listed = async (): Promise<readonly { readonly identity: string; readonly status: string }[]> => JSON.parse((await rig.run(["list", "--json"])).stdout);
const terminal = (...args: readonly string[]): OuterTerminal => openTerminal({ ...rig.command(args), cwd: rig.project });
const sees = (outer: OuterTerminal, text: string): Promise<void> => expect.poll(() => outer.screen(), { timeout: 20_000 }).toContain(text);
const ends = async (outer: OuterTerminal): Promise<number> => {
  // The screen, while it still runs: a failure shows where it hangs.
  await expect.poll(() => outer.ended() ?? outer.screen(), { timeout: 20_000 }).toBeTypeOf("number");
  return outer.ended() ?? -1;
};

describe("detached", { timeout: 60_000 }, () => {
  beforeEach(() => agent(`echo "hello from $0"; while read line; do case $line in quit) exit 5;; *) echo "heard $line";; esac; done`));

  test("start returns when the bottle runs; attach reaches it, leaving lets it run, and the agent's status comes through", async () => {
    expect(await rig.run(["start", "dev", "--yes", "--detach"])).toMatchObject({ status: 0, stdout: expect.stringMatching(/^dev-\w{5} runs\. /) });
    expect(await listed()).toMatchObject([{ identity: only(), status: "running" }]);
    expect(await rig.run(["exec", only(), "--", "sh", "-c", "cat; exit 3"], { input: "piped" })).toMatchObject({ status: 3, stdout: "piped" });
    expect(await rig.run(["exec", only(), "-"], { input: "echo $HOME\nexit 4\n" })).toMatchObject({ status: 4, stdout: "/home/node\n" });
    {
      using outer = terminal("attach", only());
      await sees(outer, "hello from agent");
      outer.type("one", "Enter");
      await sees(outer, "heard one");
      outer.type("C-\\");
      expect(await ends(outer)).toBe(0);
    }
    using again = terminal("attach", only());
    await sees(again, "heard one");
    again.type("quit", "Enter");
    expect(await ends(again)).toBe(5);
    expect(await listed()).toMatchObject([{ status: "stopped" }]);
    expect(readdirSync(join(rig.home, "run"))).toEqual([]);
  });

  test("a secret is asked for on the terminal without showing it, and reaches the detached agent", async () => {
    await rig.write("bottles/dev.md", "---\nworkspace: none\nenv: { PASSPHRASE: { secret: true } }\n---\n");
    using outer = terminal("start", "dev", "--detach");
    await sees(outer, "PASSPHRASE:");
    outer.type("open sesame", "Enter");
    await sees(outer, "Start? [y/N]");
    expect(outer.screen()).not.toContain("sesame");
    outer.type("y", "Enter");
    expect(await ends(outer)).toBe(0);
    expect((await rig.run(["exec", only(), "--", "printenv", "PASSPHRASE"])).stdout).toBe("open sesame\n");
    for (const entry of readdirSync(rig.home, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())) {
      expect(readFileSync(join(entry.parentPath, entry.name), "latin1"), entry.name).not.toContain("sesame");
    }
  });

  test("what the keeper cannot do is said by the start", async () => {
    await rig.write("bottles/dev.md", "---\nmin_isolation: microvm\n---\n");
    expect(await rig.run(["start", "dev", "--yes", "--detach"])).toMatchObject({ status: 3, stderr: expect.stringContaining("min_isolation") });
    expect(identities()).toEqual([]);
  });

  test("stop ends it, resume --detach goes on", async () => {
    await rig.run(["start", "dev", "--yes", "--detach"]);
    expect(await rig.run(["stop", only()])).toMatchObject({ status: 0, stdout: expect.stringContaining("is stopped") });
    expect(await rig.run(["exec", only(), "--", "true"])).toMatchObject({ status: 1, stderr: expect.stringContaining("is not running") });
    expect(await rig.run(["resume", only(), "--yes", "--detach"])).toMatchObject({ status: 0 });
    expect(await listed()).toMatchObject([{ status: "running" }]);
    expect(await rig.run(["resume", only(), "--yes"])).toMatchObject({ status: 1, stderr: expect.stringContaining("is running") });
    expect(await rig.run(["apply", only(), "--yes"])).toMatchObject({ status: 1, stderr: expect.stringContaining("is running") });
    expect(await rig.run(["cleanup", "--purge", only(), "--yes"])).toMatchObject({ status: 1 });
  });

  test("kill -9 of the keeper is told as a crash; cleanup ends the rest and resume goes on with the work", async () => {
    await rig.run(["start", "dev", "--yes", "--detach"]);
    const identity = only();
    await rig.run(["exec", identity, "--", "sh", "-c", "echo work > ~/work.txt"]);
    const { keeper } = JSON.parse(readFileSync(join(rig.home, "state", identity, "metadata.json"), "utf8"));
    process.kill(keeper.pid, "SIGKILL");
    await expect.poll(async () => (await listed())[0]?.status, { timeout: 10_000 }).toBe("crashed");
    expect(await rig.run(["cleanup", "--yes"])).toMatchObject({ status: 0 });
    expect(await labelledProcesses(ownerLabel(rig.home, identity))).toEqual([]);
    expect(await rig.run(["resume", identity, "--yes", "--detach"])).toMatchObject({ status: 0 });
    expect((await rig.run(["exec", identity, "--", "cat", "/home/node/work.txt"])).stdout).toBe("work\n");
  });

  test("several bottles of one agent run side by side", async () => {
    await Promise.all([1, 2].map(() => rig.run(["start", "dev", "--yes", "--detach"])));
    expect((await listed()).map(({ status }) => status)).toEqual(["running", "running"]);
    expect(await rig.run(["stop", "--all"])).toMatchObject({ status: 0 });
    expect((await listed()).map(({ status }) => status)).toEqual(["stopped", "stopped"]);
  });
});

test("on a terminal the agent has a terminal, its keys and its status", { timeout: 60_000 }, async () => {
  await agent("test -t 0 && test -t 1 && echo on a terminal; read key; echo \"read $key\"; exit 6");
  using outer = terminal("start", "dev");
  await sees(outer, "Start? [y/N]");
  outer.type("y", "Enter");
  await sees(outer, "on a terminal");
  outer.type("key", "Enter");
  await sees(outer, "read key");
  expect(await ends(outer)).toBe(6);
});

test("with no manifest at all, start on a terminal offers to write one", { timeout: 60_000 }, async () => {
  await using empty = await createBottleRig();
  using outer = openTerminal({ ...empty.command(["start", "first"]), cwd: empty.project });
  await sees(outer, "Write a claude agent \"first\" and its bottle now? [y/N]");
  outer.type("y", "Enter");
  await sees(outer, "CLAUDE_CODE_OAUTH_TOKEN (for api.anthropic.com)");
  expect(await ends(outer)).toBe(3);
  expect(readdirSync(join(empty.home, "agents"))).toEqual(["first.md"]);
});
