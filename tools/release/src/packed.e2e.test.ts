import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, expect, test } from "vitest";
import { installPacked, packAll } from "./pack.ts";

let folder: string;
let bottle: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "bottle-packed-"));
  bottle = await installPacked(join(folder, "project"), await packAll(join(folder, "tarballs")));
}, 300_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

async function run(...args: readonly string[]): Promise<{ readonly exitCode: number | undefined; readonly stdout: string; readonly stderr: string }> {
  const env = { PATH: process.env["PATH"], HOME: folder, BOTTLE_HOME: join(folder, "home") };
  const { exitCode, stdout, stderr } = await execa(process.execPath, [bottle, ...args], { reject: false, stdin: "ignore", cwd: folder, extendEnv: false, env });
  return { exitCode, stdout, stderr };
}

test("the packed bottle says its version without a source in sight", async () => {
  expect(await run("--version")).toMatchObject({ exitCode: 0, stdout: "0.1.0", stderr: "" });
});

test("the packed bottle runs the demo, and every promise holds", async () => {
  const { exitCode, stdout } = await run("start", "demo", "--yes");
  expect({ exitCode, broken: stdout.split("\n").filter((line) => line.includes("✗")) }).toEqual({ exitCode: 0, broken: [] });
});
