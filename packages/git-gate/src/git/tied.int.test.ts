import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { checkLeaks } from "../testing/leaks.ts";
import { processesOf } from "../testing/processes.ts";
import { type Command, endGroup, ending, run, start } from "./run.ts";
import { tied } from "./tied.ts";

checkLeaks();
const env = { PATH: process.env["PATH"] ?? "" };
const shell = (script: string, folder: string): Command => tied({ argv: ["sh", "-c", script, folder], env });

test("a program says, reads and ends as it does by itself", async () => {
  expect(await run(shell("echo out; echo err >&2; wc -c; exit 7", ""))).toMatchObject({ code: 7, stderr: "err\n", stdout: Buffer.from("out\n0\n") });
  expect(await run(shell("exit 0", ""))).toMatchObject({ code: 0 });
  expect(await run(shell("kill -9 $$", ""))).toMatchObject({ code: undefined });
});

test("a program ends when who started it lets go of it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "bottle-tied-"));
  const child = start(shell("echo up; exec tail -f /dev/null \"$0\"", folder), ["pipe", "pipe", "ignore"]);
  try {
    await new Promise((resolve) => child.stdout?.once("data", resolve));
    expect(await processesOf(folder, "tail -f")).not.toEqual([]);
    child.stdin?.destroy();
    expect(await ending(child)).toBeUndefined();
    await expect.poll(() => processesOf(folder, "tail -f"), { timeout: 10_000 }).toEqual([]);
  } finally {
    endGroup(child);
    await rm(folder, { recursive: true, force: true });
  }
});
