import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, test } from "vitest";
import { isAlive, markProcess } from "./process.ts";

test("a process is alive until it ends, and a later one with its number is not taken for it", async () => {
  const child = spawn("sleep", ["30"], { stdio: "ignore" });
  const mark = await markProcess(child.pid ?? 0);
  expect(mark && isAlive(mark)).toBe(true);
  expect(mark && isAlive({ ...mark, startTime: "1" })).toBe(false);
  child.kill("SIGKILL");
  await once(child, "exit");
  expect(mark && isAlive(mark)).toBe(false);
});

test("a command with blanks and parentheses in its name does not confuse the reading", async () => {
  const child = spawn("perl", ["-e", "$| = 1; $0 = 'a ) b ( c'; print 1; sleep 30"], { stdio: ["ignore", "pipe", "ignore"] });
  await once(child.stdout, "data");
  const mark = await markProcess(child.pid ?? 0);
  expect(mark?.startTime).toMatch(/^[0-9]{3,}$/);
  child.kill("SIGKILL");
  await once(child, "exit");
});

test("no such process is no mark", async () => {
  expect(await markProcess(4_194_305)).toBeUndefined();
});
