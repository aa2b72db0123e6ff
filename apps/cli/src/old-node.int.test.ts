import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";

test("a Node that is too old is told so in a sentence, before it stumbles over what it can't read", () => {
  const folder = mkdtempSync(join(tmpdir(), "bottle-old-node-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  // A stand-in: this Node, which says it is an old one.
  writeFileSync(join(folder, "old.cjs"), `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });`);
  const { status, stdout, stderr } = spawnSync(process.execPath, ["--require", join(folder, "old.cjs"), "--conditions=@bottle/source", "src/main.ts", "--version"], { cwd: join(import.meta.dirname, ".."), encoding: "utf8" });
  expect({ status, stdout }).toEqual({ status: 4, stdout: "" });
  expect(stderr).toBe("bottle: This is Node 20.20.2; bottle needs Node 24.\n  → Run it with Node 24, for example: npx --yes --package node@24 --package @bottle/cli bottle\n");
});
