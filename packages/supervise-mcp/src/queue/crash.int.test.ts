import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdir } from "node:fs/promises";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openQueueRig } from "../testing/queue-rig.ts";
import { makeFolder } from "../testing/world.ts";

const program = fileURLToPath(new URL("../testing/loop-program.ts", import.meta.url));

/** Runs until it is killed, some time after the first step at the latest. @returns the last state that was answered for, by id */
async function runAndKill(directory: string, { afterMs, killAt }: { readonly afterMs?: number; readonly killAt?: string }): Promise<ReadonlyMap<string, string>> {
  const child = spawn(process.execPath, ["--conditions=@bottle/source", program, directory, ...(killAt === undefined ? [] : [killAt])], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(child, "close");
  const answered = new Map<string, string>();
  const begun = Promise.withResolvers<void>();
  createInterface({ input: child.stdout }).on("line", (line) => {
    const [id = "", state = ""] = line.split(" ");
    answered.set(id, state);
    begun.resolve();
  });
  if (afterMs !== undefined) {
    await begun.promise;
    await delay(afterMs);
    child.kill("SIGKILL");
  }
  await ended;
  return answered;
}

test.each([
  ["pending", 0, undefined], ["approved", 1, "pending"], ["applied", 1, "failed"],
] as const)("kill -9 between recording %s and keeping it leaves what was answered for", async (killAt, count, state) => {
  await using folder = await makeFolder();
  await runAndKill(folder.path, { killAt });
  await using rig = await openQueueRig(folder.path);
  const [first] = rig.queue.list().toReversed();
  expect(first?.state).toBe(state);
  expect(rig.queue.list().length).toBeGreaterThanOrEqual(count);
  expect((await readdir(folder.path)).every((name) => name.endsWith(".json"))).toBe(true);
  if (first?.state === "pending") expect(await rig.decisions.reject({ proposal: first.id, hash: first.hash, by: "me" })).toMatchObject({ state: "rejected" });
}, 30_000);

test("kill -9 in the middle of work, again and again, loses no decision and changes none", async () => {
  await using folder = await makeFolder();
  const answered = new Map<string, string>();
  for (const afterMs of [3, 20, 60, 200, 600]) {
    for (const [id, state] of await runAndKill(folder.path, { afterMs })) answered.set(id, state);
    await using rig = await openQueueRig(folder.path);
    expect(rig.said).toEqual([]);
    for (const [id, state] of answered) {
      const now = rig.queue.get(id)?.state;
      if (state === "pending") expect(["pending", "rejected", "applied", "failed"]).toContain(now);
      else expect(now).toBe(state);
    }
    for (const { id, state } of rig.queue.list()) {
      if (state !== "pending") continue;
      await rig.queue.withdraw(id);
      answered.set(id, "withdrawn");
    }
  }
  expect([...answered.values()].filter((state) => state === "applied").length).toBeGreaterThan(0);
}, 60_000);
