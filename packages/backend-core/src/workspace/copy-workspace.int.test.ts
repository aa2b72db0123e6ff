import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { copyWorkspace } from "./copy-workspace.ts";

let root: string;
let source: string;
let target: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "bottle-copy-"));
  source = join(root, "source");
  target = join(root, "target");
  mkdirSync(source);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

test("modes, times, links and empty folders are as they were", async () => {
  writeFileSync(join(source, "run.sh"), "#!/bin/sh\n", { mode: 0o755 });
  utimesSync(join(source, "run.sh"), 1_000_000, 1_000_000);
  mkdirSync(join(source, "empty"));
  symlinkSync("/etc/passwd", join(source, "out"));
  symlinkSync("nowhere", join(source, "dangling"));
  writeFileSync(join(source, "-rf"), "dash\n");
  await copyWorkspace(source, target);
  expect(readdirSync(target).sort()).toEqual(["-rf", "dangling", "empty", "out", "run.sh"]);
  expect(statSync(join(target, "run.sh")).mode & 0o777).toBe(0o755);
  expect(statSync(join(target, "run.sh")).mtimeMs).toBe(1_000_000_000);
  expect(readlinkSync(join(target, "out"))).toBe("/etc/passwd");
  expect(lstatSync(join(target, "dangling")).isSymbolicLink()).toBe(true);
});

test("the copy is the agent's own: writing to it changes nothing here", async () => {
  writeFileSync(join(source, "a"), "one\n");
  await copyWorkspace(source, target);
  writeFileSync(join(target, "a"), "two\n");
  expect(readFileSync(join(source, "a"), "utf8")).toBe("one\n");
});

test.each([
  ["is missing", () => undefined, "cannot be read"],
  ["is a file", () => writeFileSync(join(root, "other"), ""), "is not a folder"],
])("a workspace that %s is refused", async (_, make, message) => {
  make();
  await expect(copyWorkspace(join(root, "other"), target)).rejects.toMatchObject({ code: "workspace-failed", message: expect.stringContaining(message) });
});

test("a workspace that holds bottle's own state is refused, not copied into itself", async () => {
  await expect(copyWorkspace(source, join(source, "state/target"))).rejects.toMatchObject({ code: "workspace-failed", mend: expect.stringContaining("BOTTLE_HOME") });
});

test("a link in place of the workspace is followed once, to the folder it names", async () => {
  writeFileSync(join(source, "a"), "");
  symlinkSync(source, join(root, "link"));
  await copyWorkspace(join(root, "link"), target);
  expect(readdirSync(target)).toEqual(["a"]);
});

test("an abort leaves nothing", async () => {
  for (let index = 0; index < 2000; index += 1) writeFileSync(join(source, `${index}`), "x".repeat(1000));
  const abort = new AbortController();
  const copying = copyWorkspace(source, target, { signal: abort.signal });
  setTimeout(() => abort.abort(), 5);
  await expect(copying).rejects.toThrow();
  expect(readdirSync(root)).toEqual(["source"]);
});

// Only root can mount a file system of its own to fill.
test.runIf(process.getuid?.() === 0)("a full disk is said, with what is free, and nothing half-copied stays", async () => {
  const disk = join(root, "disk");
  mkdirSync(disk);
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "none", disk]);
  try {
    writeFileSync(join(source, "big"), "x".repeat(3_000_000));
    await expect(copyWorkspace(source, join(disk, "target"))).rejects.toMatchObject({ code: "workspace-failed", message: expect.stringContaining("No space left"), mend: expect.stringMatching(/^Make room: 0 KiB and [0-9]+ more files are free at /) });
    expect(existsSync(join(disk, "target"))).toBe(false);
    expect(readdirSync(disk)).toEqual([]);
  } finally {
    execFileSync("umount", [disk]);
  }
});

test("the operator's PATH, which may lead into a project, does not choose the program that copies", async () => {
  writeFileSync(join(source, "cp"), `#!/bin/sh\ntouch ${join(root, "ran")}\nexec /bin/cp "$@"\n`, { mode: 0o755 });
  const path = process.env["PATH"];
  process.env["PATH"] = `${source}:${path ?? ""}`;
  try {
    await copyWorkspace(source, target);
  } finally {
    process.env["PATH"] = path;
  }
  expect(existsSync(join(target, "cp"))).toBe(true);
  expect(existsSync(join(root, "ran"))).toBe(false);
});
