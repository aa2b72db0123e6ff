import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { describe, expect } from "vitest";
import { test } from "./testing/dev-bottle.ts";

const start = ["start", "dev", "--yes"];
const busy = "echo started; echo work > work.txt; sleep 1000";

/** Sends a signal once `when` has come, and gives the exit status. */
async function end(child: ChildProcess, signal: NodeJS.Signals, when: (child: ChildProcess) => Promise<unknown>): Promise<unknown> {
  const ended = once(child, "exit");
  await when(child);
  child.kill(signal);
  const [status] = await ended;
  return status;
}

async function hasSpoken({ stdout }: ChildProcess): Promise<void> {
  if (stdout !== null) await once(stdout, "data");
}

describe("a bottle that is interrupted", { timeout: 60_000 }, () => {
  test.for([["SIGINT", 130], ["SIGTERM", 143], ["SIGHUP", 129]] as const)("%s ends agent and bottle in order, and says so by its status", async ([signal, status], { rig }) => {
    await rig.agent("trap '' INT TERM HUP; echo up; sleep 100");
    expect(await end(rig.start(start), signal, hasSpoken)).toBe(status);
    expect(await rig.processes(rig.only())).toEqual([]);
    expect(await rig.list()).toMatchObject([{ status: "stopped" }]);
    expect(await rig.metadata(rig.only())).toMatchObject({ status: "stopped" });
  });

  test("by a signal at any moment of a launch leaves no process and no empty bottle", async ({ rig }) => {
    await rig.agent(busy);
    for (const afterMs of [30, 120, 200, 260, 320, 380, 440, 520]) await end(rig.start(start), "SIGTERM", () => delay(afterMs));
    for (const identity of rig.identities()) {
      expect(await rig.processes(identity)).toEqual([]);
      // Only a bottle whose agent could have worked stays.
      expect(await rig.metadata(identity)).toMatchObject({ status: "stopped", agentStarted: true });
    }
  });

  test("by kill -9 at any moment leaves nothing but the agent's work once it is cleaned up", async ({ rig }) => {
    await rig.agent(busy);
    for (const afterMs of [150, 250, 350, 450]) await end(rig.start(start), "SIGKILL", () => delay(afterMs));
    await end(rig.start(start), "SIGKILL", (child) => hasSpoken(child).then(() => delay(200)));
    expect(await rig.run(["cleanup", "--yes"])).toMatchObject({ status: 0 });
    const folders = rig.identities().map((identity) => join(rig.home, "state", identity));
    for (const identity of rig.identities()) {
      expect(await rig.processes(identity)).toEqual([]);
      expect(await rig.metadata(identity)).toMatchObject({ status: "crashed", agentStarted: true });
    }
    for (const socket of ["sockets/egress.sock", "control.sock"]) expect(folders.filter((folder) => existsSync(join(folder, socket)))).toEqual([]);
    expect((await rig.run(["cleanup", "--yes"])).stdout).toBe("Nothing to clean up.\n");
    expect(folders.filter((folder) => existsSync(join(folder, "workspace/work.txt"))).length).toBeGreaterThan(0);
  });
});

describe("afterwards", { timeout: 60_000 }, () => {
  test("cleanup removes what a launch left that was killed before it began, and nothing that has metadata it cannot read", async ({ rig }) => {
    await rig.write("state/dev-00000/metadata.json.1.abc.tmp", "{");
    await rig.write("state/dev-11111/metadata.json", "not JSON");
    await rig.write("state/notes/mine.txt", "mine");
    const { status, stdout } = await rig.run(["cleanup", "--yes"]);
    expect([status, stdout.split("\n").filter((line) => line.startsWith("dev-"))]).toEqual([0, [
      "dev-00000: its launch was ended before it began; it is removed", "dev-11111: its metadata cannot be read; what it left running is ended, its folder stays",
    ]]);
    expect(readdirSync(join(rig.home, "state")).sort()).toEqual(["dev-11111", "notes"]);
  });

  test("purging deletes one ended bottle and only that", async ({ rig }) => {
    await rig.agent("true");
    for (const _ of [1, 2]) await rig.run(start);
    const [first = "", ...others] = rig.identities();
    expect(others).toHaveLength(1);
    expect(await rig.run(["cleanup", "--purge", first, "--yes"])).toMatchObject({ status: 0 });
    expect(rig.identities()).toEqual(others);
  });

  test("an unknown identity is answered with the known ones", async ({ rig }) => {
    await rig.agent("true");
    await rig.run(start);
    for (const command of ["resume", "exec", "logs", "info", "stop", "diff", "apply"]) {
      const result = await rig.run([command, "nobody-00000"]);
      expect({ command, status: result.status }).toEqual({ command, status: 6 });
      expect(result.stderr).toContain(`There is no bottle "nobody-00000".\n  → Known: ${rig.only()}`);
    }
  });
});
