import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { copyOut } from "./copy.ts";
import { ending, start } from "./start.ts";

/** Takes a tar stream home as if the agent had written it itself. */
async function take(root: string, make: (folder: string) => void): Promise<string> {
  const folder = join(root, "agent");
  mkdirSync(folder);
  make(folder);
  const stream = join(root, "stream.tar");
  execFileSync("tar", ["-C", folder, "-cf", stream, "."]);
  await copyOut(() => streaming(stream), "/home/node/x", join(root, "out"));
  return join(root, "out");
}

function streaming(file: string): Promise<{ child: ReturnType<typeof start>; ended: Promise<number> }> {
  const child = start(["cat", file], { stdio: ["pipe", "pipe", "pipe"], label: "", detached: true });
  return Promise.resolve({ child, ended: ending(child) });
}

function freshFolder(): string {
  const root = mkdtempSync(join(tmpdir(), "bottle-copy-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  return root;
}

test("only files, folders and links come out, none of them set-user-id, whatever the agent's stream says", async () => {
  const out = await take(freshFolder(), (folder) => {
    writeFileSync(join(folder, "program"), "x\n");
    execFileSync("chmod", ["6755", join(folder, "program")]);
    execFileSync("mkfifo", [join(folder, "pipe")]);
    symlinkSync("program", join(folder, "link"));
    // Only root can; and only root's copy would be a device of the host.
    if (process.getuid?.() === 0) execFileSync("mknod", [join(folder, "device"), "c", "1", "3"]);
  });
  expect(readdirSync(out).sort()).toEqual(["link", "program"]);
  expect(lstatSync(join(out, "program")).mode & 0o7000).toBe(0);
});

test("a file through a link of the same stream goes nowhere", async () => {
  const root = freshFolder();
  const outside = join(root, "outside");
  mkdirSync(outside);
  const first = join(root, "first");
  mkdirSync(first);
  symlinkSync(outside, join(first, "way"));
  const second = join(root, "second");
  mkdirSync(join(second, "way"), { recursive: true });
  writeFileSync(join(second, "way", "file"), "x\n");
  const stream = join(root, "stream.tar");
  execFileSync("tar", ["-cf", stream, "-C", first, "way", "-C", second, "way/file"]);
  await copyOut(() => streaming(stream), "/home/node/x", join(root, "out")).catch(() => undefined);
  expect(existsSync(join(outside, "file"))).toBe(false);
});
