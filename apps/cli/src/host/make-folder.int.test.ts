import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createBottleRig, type BottleRig } from "../testing/run-bottle.ts";
import { makeFolder } from "./make-folder.ts";

// A hang ends with 137.
const timeoutMs = 20_000;
const nobody = 65_534;
const isRoot = process.getuid?.() === 0;

let rig: BottleRig;
beforeEach(async () => {
  rig = await createBottleRig();
});
afterEach(async () => {
  execFileSync("chmod", ["-R", "u+w", rig.home]);
  await rig[Symbol.asyncDispose]();
});

const takesNone = "cannot be made: its file system takes no new folder.\n  → Set BOTTLE_HOME to a folder of your own";

describe("a BOTTLE_HOME that cannot be one is refused with the path and the mend, and never waited for", { timeout: 120_000 }, () => {
  test.each([
    ["/proc/x", `bottle: /proc/x ${takesNone}`, `bottle: /proc/x ${takesNone}`],
    ["/proc/x/y/z", `bottle: /proc/x ${takesNone}`, `bottle: /proc/x ${takesNone}`],
    ["/proc", `bottle: /proc/agents ${takesNone}`, `bottle: /proc/state ${takesNone}`],
    ["/sys/x", "mkdir '/sys/x'\n  → ", "mkdir '/sys/x'\n  → "],
    ["/dev/null/x", "mkdir '/dev/null/x'\n  → A part of the path is a file", "\n  → A part of the path is a file"],
  ])("%s", async (home, atInit, atStart) => {
    const env = { BOTTLE_HOME: home };
    expect(await rig.run(["init", "dev"], { env, timeoutMs })).toMatchObject({ status: 4, stdout: "", stderr: expect.stringContaining(atInit) });
    expect(await rig.run(["start", "demo", "--yes"], { env, timeoutMs })).toMatchObject({ status: 4, stdout: "", stderr: expect.stringContaining(atStart) });
    expect(await rig.run(["doctor"], { env, timeoutMs })).toMatchObject({ status: 4, stdout: expect.stringContaining(`✗ home         ${home}`) });
    for (const command of ["list", "cleanup"]) expect(await rig.run([command], { env, timeoutMs }), command).toMatchObject({ status: 0 });
  });

  test("a file", async () => {
    const home = join(rig.home, "file");
    writeFileSync(home, "mine");
    const env = { BOTTLE_HOME: home };
    expect(await rig.run(["init", "dev"], { env, timeoutMs })).toMatchObject({ status: 4, stderr: expect.stringContaining(`bottle: ${home} is not a folder.\n  → Set BOTTLE_HOME`) });
    expect(await rig.run(["start", "demo", "--yes"], { env, timeoutMs })).toMatchObject({ status: 4, stderr: expect.stringContaining("\n  → ") });
  });

  test("a read-only folder", async () => {
    const folder = join(rig.home, "read-only");
    mkdirSync(folder, { mode: 0o555 });
    // Root may write everywhere, so this is asked by somebody else.
    if (isRoot) execFileSync("chown", ["-R", String(nobody), join(rig.home, "..")]);
    for (const home of [folder, join(folder, "below")]) {
      const result = await rig.run(["init", "dev"], { env: { BOTTLE_HOME: home }, timeoutMs, ...(isRoot && { uid: nobody }) });
      expect(result).toMatchObject({ status: 4, stdout: "", stderr: expect.stringMatching(/^bottle: EACCES: .*read-only\/[a-z]+'\n {2}→ Look at the permissions, or set BOTTLE_HOME/) });
    }
    expect(readdirSync(folder)).toEqual([]);
  });
});

describe("makeFolder", () => {
  test("makes what is missing, for its owner only, also where several make it at once", async () => {
    const path = join(rig.home, "a/b/c");
    await Promise.all([makeFolder(path), makeFolder(path), makeFolder(join(rig.home, "a/b/d"))]);
    for (const made of ["a", "a/b", "a/b/c", "a/b/d"]) expect(statSync(join(rig.home, made)).mode & 0o777, made).toBe(0o700);
    chmodSync(path, 0o755);
    await makeFolder(path);
    expect(statSync(path).mode & 0o777).toBe(0o755);
  });

  test("takes a link to a folder for one, and makes nothing through a link that leads nowhere", async () => {
    symlinkSync(rig.project, join(rig.home, "link"));
    symlinkSync(join(rig.home, "nowhere"), join(rig.home, "dangling"));
    await makeFolder(join(rig.home, "link/x"));
    expect(existsSync(join(rig.project, "x"))).toBe(true);
    await expect(makeFolder(join(rig.home, "dangling/x"))).rejects.toThrow(`${join(rig.home, "dangling")} is not a folder.`);
    expect(existsSync(join(rig.home, "nowhere"))).toBe(false);
  });
});
