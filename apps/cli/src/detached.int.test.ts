import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { assert, describe, expect } from "vitest";
import { test } from "./testing/dev-bottle.ts";

describe("detached", { timeout: 60_000 }, () => {
  test.beforeEach(({ rig }) => rig.agent(`echo "hello from $0"; while read line; do case $line in quit) exit 5;; *) echo "heard $line"; echo "$line" > line.txt;; esac; done`));

  test("start returns when the bottle runs; attach reaches it, leaving lets it run, and the agent's status comes through", async ({ rig }) => {
    expect(await rig.run(["start", "dev", "--yes", "--detach"])).toMatchObject({ status: 0, stdout: expect.stringMatching(/^dev-\w{5} runs\. /) });
    expect(await rig.list()).toMatchObject([{ identity: rig.only(), status: "running" }]);
    {
      using outer = rig.terminal("attach", rig.only());
      await outer.shows("hello from agent");
      outer.type("one", "Enter");
      await outer.shows("heard one");
      outer.type("C-\\");
      expect(await outer.ends()).toBe(0);
    }
    expect(await rig.metadata(rig.only())).toMatchObject({ status: "running" });
    expect(await rig.run(["exec", rig.only(), "--", "cat", "line.txt"])).toMatchObject({ status: 0, stdout: "one\n" });
    using again = rig.terminal("attach", rig.only());
    await again.shows("heard one");
    again.type("quit", "Enter");
    expect(await again.ends()).toBe(5);
    expect(await rig.list()).toMatchObject([{ status: "stopped" }]);
    expect(readdirSync(join(rig.home, "run"))).toEqual([]);
  });

  test("exec passes its input and its status through, and runs a script from its input", async ({ rig }) => {
    await rig.run(["start", "dev", "--yes", "--detach"]);
    expect(await rig.run(["exec", rig.only(), "--", "sh", "-c", "cat; exit 3"], { input: "piped" })).toMatchObject({ status: 3, stdout: "piped" });
    expect(await rig.run(["exec", rig.only(), "-"], { input: "echo $HOME\nexit 4\n" })).toMatchObject({ status: 4, stdout: "/home/node\n" });
  });

  test("a secret is asked for on the terminal without showing it, and reaches the detached agent", async ({ rig }) => {
    await rig.write("bottles/dev.md", "---\nworkspace: none\nenv: { PASSPHRASE: { secret: true } }\n---\n");
    using outer = rig.terminal("start", "dev", "--detach");
    await outer.shows("PASSPHRASE:");
    outer.type("open sesame", "Enter");
    await outer.shows("Start? [y/N]");
    expect(outer.screen()).not.toContain("sesame");
    outer.type("y", "Enter");
    expect(await outer.ends()).toBe(0);
    expect((await rig.run(["exec", rig.only(), "--", "printenv", "PASSPHRASE"])).stdout).toBe("open sesame\n");
    for (const entry of readdirSync(rig.home, { recursive: true, withFileTypes: true }).filter((file) => file.isFile())) {
      expect(readFileSync(join(entry.parentPath, entry.name), "latin1"), entry.name).not.toContain("sesame");
    }
  });

  test("what the keeper cannot do is said by the start", async ({ rig }) => {
    await rig.write("bottles/dev.md", "---\nmin_isolation: microvm\n---\n");
    expect(await rig.run(["start", "dev", "--yes", "--detach"])).toMatchObject({ status: 3, stderr: expect.stringContaining("min_isolation") });
    expect(rig.identities()).toEqual([]);
  });

  test("stop ends it, resume --detach goes on", async ({ rig }) => {
    await rig.run(["start", "dev", "--yes", "--detach"]);
    const identity = rig.only();
    expect(await rig.run(["stop", identity])).toMatchObject({ status: 0, stdout: expect.stringContaining("is stopped") });
    expect(await rig.processes(identity)).toEqual([]);
    expect(await rig.metadata(identity)).toMatchObject({ status: "stopped" });
    expect(await rig.run(["exec", identity, "--", "true"])).toMatchObject({
      status: 1, stderr: expect.stringMatching(new RegExp(`is not running[^]*bottle resume ${identity}`)),
    });
    expect(await rig.run(["resume", identity, "--yes", "--detach"])).toMatchObject({ status: 0 });
    expect(await rig.list()).toMatchObject([{ status: "running" }]);
    expect(await rig.run(["resume", identity, "--yes"])).toMatchObject({ status: 1, stderr: expect.stringContaining("is running") });
    expect(await rig.run(["apply", identity, "--yes"])).toMatchObject({ status: 1, stderr: expect.stringContaining("is running") });
    expect(await rig.run(["cleanup", "--purge", identity, "--yes"])).toMatchObject({ status: 1 });
  });

  test("kill -9 of the keeper is told as a crash; cleanup ends the rest and resume goes on with the work", async ({ rig }) => {
    await rig.run(["start", "dev", "--yes", "--detach"]);
    const identity = rig.only();
    await rig.run(["exec", identity, "--", "sh", "-c", "echo work > ~/work.txt"]);
    const { keeper } = await rig.metadata(identity);
    assert(keeper !== undefined);
    process.kill(keeper.pid, "SIGKILL");
    await expect.poll(async () => (await rig.list())[0]?.status, { timeout: 10_000 }).toBe("crashed");
    expect(await rig.run(["cleanup", "--yes"])).toMatchObject({ status: 0 });
    expect(await rig.processes(identity)).toEqual([]);
    expect(await rig.run(["resume", identity, "--yes", "--detach"])).toMatchObject({ status: 0 });
    expect((await rig.run(["exec", identity, "--", "cat", "/home/node/work.txt"])).stdout).toBe("work\n");
  });

  test("several bottles of one agent run side by side", async ({ rig }) => {
    await Promise.all([1, 2].map(() => rig.run(["start", "dev", "--yes", "--detach"])));
    expect((await rig.list()).map(({ status }) => status)).toEqual(["running", "running"]);
    expect(await rig.run(["stop", "--all"])).toMatchObject({ status: 0 });
    expect((await rig.list()).map(({ status }) => status)).toEqual(["stopped", "stopped"]);
  });
});
