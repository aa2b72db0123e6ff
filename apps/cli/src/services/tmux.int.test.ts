import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { hasSession, killServer, newSession } from "./tmux.ts";

test("a folder whose name is a command for tmux is a folder, and the session begins there", async () => {
  const root = mkdtempSync(join(tmpdir(), "bottle-tmux-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  const socket = join(root, "s");
  onTestFinished(() => killServer(socket));
  const folder = join(root, `#(touch $PROOF; echo x)#{pid};`);
  mkdirSync(folder);
  // The name can hold no slash, so the proof's path comes by a variable.
  process.env["PROOF"] = join(root, "ran");
  onTestFinished(() => void delete process.env["PROOF"]);
  expect(await newSession(socket, folder, ["sh", "-c", `pwd > '${root}/where'; sleep 30`])).toBe(true);
  await expect.poll(() => existsSync(join(root, "where")) && readFileSync(join(root, "where"), "utf8")).toBe(`${folder}\n`);
  expect(await hasSession(socket)).toBe(true);
  expect(existsSync(join(root, "ran"))).toBe(false);
});

test("a tmux that the operator's PATH leads to is not run", async () => {
  const root = mkdtempSync(join(tmpdir(), "bottle-tmux-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  writeFileSync(join(root, "tmux"), `#!/bin/sh\ntouch '${root}/ran'\n`, { mode: 0o755 });
  const path = process.env["PATH"] ?? "";
  process.env["PATH"] = `${root}:${path}`;
  onTestFinished(() => void (process.env["PATH"] = path));
  expect(await hasSession(join(root, "s"))).toBe(false);
  expect(existsSync(join(root, "ran"))).toBe(false);
});
