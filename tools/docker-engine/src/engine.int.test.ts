import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startDockerEngine, startOwnDockerEngine } from "./engine.ts";
import { openKeptFolder } from "./kept-folder.ts";

const timeoutMs = 120_000;
const docker = (env: Readonly<Record<string, string>>, ...args: readonly string[]): string => execFileSync("docker", args, { env: { ...process.env, ...env }, encoding: "utf8", stdio: "pipe" }).trim();

function freshFolder(): string {
  const root = mkdtempSync(join(tmpdir(), "bottle-engine-test-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

test("two users share one engine; it answers until the last of them is gone", async () => {
  const first = await startDockerEngine();
  const second = await startDockerEngine();
  expect(second.env).toEqual(first.env);
  await first[Symbol.asyncDispose]();
  expect(docker(second.env, "version", "--format", "{{.Server.Os}}")).toBe("linux");
  await second[Symbol.asyncDispose]();
}, timeoutMs);

test("an engine of one's own is empty, survives its own restart and crash, and leaves nothing", async () => {
  const engine = await startOwnDockerEngine();
  const { DOCKER_HOST } = engine.env;
  const root = join(DOCKER_HOST.slice("unix://".length), "..", "..");
  try {
    expect(docker(engine.env, "ps", "--all", "--quiet")).toBe("");
    docker(engine.env, "volume", "create", "kept");
    await engine.restart();
    expect(docker(engine.env, "volume", "ls", "--quiet")).toBe("kept");
    await engine.kill();
    expect(() => docker(engine.env, "version")).toThrow();
    await engine.restart();
    expect(docker(engine.env, "volume", "ls", "--quiet")).toBe("kept");
  } finally {
    await engine[Symbol.asyncDispose]();
  }
  expect(existsSync(root)).toBe(false);
  expect(execFileSync("ps", ["-eo", "args="], { encoding: "utf8" })).not.toContain(root);
}, timeoutMs);

test("a folder that somebody else may write to, or a link in its place, is refused", async () => {
  const root = freshFolder();
  const open = join(root, "open");
  mkdirSync(open);
  chmodSync(open, 0o777);
  await expect(openKeptFolder(open)).rejects.toMatchObject({ code: "folder-foreign" });
  symlinkSync(tmpdir(), join(root, "link"));
  await expect(openKeptFolder(join(root, "link"))).rejects.toMatchObject({ code: "folder-foreign" });
  await expect(openKeptFolder(join(root, "new"))).resolves.toMatchObject({ root: join(root, "new") });
});
