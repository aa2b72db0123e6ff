import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { labelledProcesses, ownerLabel, type BottleSpec } from "@bottle/backend-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run, startRig, type Rig } from "./rig.ts";
import type { ConformanceSetup } from "./suite.ts";

const room = "size=8m,nr_inodes=4000";
// A tmpfs counts whole pages, and every file and folder as one inode: so each of these ends the launch elsewhere.
const shortages = [
  ..."4k 24k 32k 44k 60k 250k 270k".split(" ").map((size) => `size=${size},nr_inodes=4000`),
  ..."4 5 6 8 10 13 20 22 24 26 28 30".split(" ").map((inodes) => `size=8m,nr_inodes=${inodes}`),
];

/** What is free is said, nothing half-made stays, and with room again all goes on. Only root can mount a disk of its own to fill. */
export function fullDiskPromises(setup: ConformanceSetup): void {
  describe.runIf(process.getuid?.() === 0)("a full disk", () => {
    const disk = mkdtempSync(join(tmpdir(), "bottle-disk-"));
    const source = mkdtempSync(join(tmpdir(), "bottle-source-"));
    const remount = (limits: string): Buffer => execFileSync("mount", ["-o", `remount,${limits}`, disk]);
    let rig: Rig;
    beforeAll(async () => {
      execFileSync("mount", ["-t", "tmpfs", "-o", room, "none", disk]);
      writeFileSync(join(source, "work"), "x".repeat(9000));
      rig = await startRig(setup, disk);
    });
    afterAll(async () => {
      await rig?.[Symbol.asyncDispose]();
      execFileSync("umount", ["-l", disk]);
      for (const folder of [disk, source]) rmSync(folder, { recursive: true, force: true });
    });

    const spec = (change: Partial<BottleSpec>): BottleSpec => rig.spec({
      home: { files: [{ path: "prompt", content: "x".repeat(5000) }], folders: [{ path: "skills/one", source }] }, ...change,
    });

    describe.each([["a copied workspace", { mode: "copy", source }], ["no workspace", { mode: "none" }]] as const)("with %s", (_, workspace) => {
      test.each(shortages)("at %s a launch says so and leaves nothing; then the same bottle starts", async (limits) => {
        const wanted = spec({ workspace });
        remount(limits);
        const failure: unknown = await rig.launch(wanted).then((bottle) => bottle[Symbol.asyncDispose](), (error: unknown) => error);
        expect(await labelledProcesses(ownerLabel(rig.home, wanted.identity))).toEqual([]);
        if (failure !== undefined) {
          expect(failure).toMatchObject({ name: "BottleError", message: expect.stringMatching(fullAt(rig.home)), mend: expect.stringMatching(/^Make room: [0-9]+ [KM]iB and [0-9]+ more files are free at /) });
          expect(await rig.stateFolders()).toEqual([]);
        }
        remount(room);
        await using bottle = await rig.launch({ ...wanted, resume: failure === undefined });
        expect((await run(bottle, "wc -c < ~/prompt; cat ~/skills/one/work | wc -c")).out).toBe("5000\n9000\n");
        await bottle[Symbol.asyncDispose]();
        await rig.state.remove(wanted.identity);
      });
    });

    test("that the agent filled does not keep its bottle from ending, nor from being resumed once there is room", async () => {
      const wanted = spec({});
      const bottle = await rig.launch(wanted);
      await run(bottle, "cat /dev/zero > ~/fill");
      await bottle[Symbol.asyncDispose]();
      expect(await labelledProcesses(ownerLabel(rig.home, wanted.identity))).toEqual([]);
      expect(await rig.state.read(wanted.identity)).toMatchObject({ status: "stopped" });
      const { home, root } = rig.state.directory(wanted.identity);
      rmSync(join(home, "fill"));
      await using resumed = await rig.launch({ ...wanted, resume: true });
      expect((await run(resumed, "wc -c < ~/prompt")).out).toBe("5000\n");
      await resumed[Symbol.asyncDispose]();
      expect((await readdir(root)).filter((name) => name.endsWith(".tmp"))).toEqual([]);
      await rig.state.remove(wanted.identity);
    });

    test("does not keep a bottle from being swept", async () => {
      const wanted = spec({});
      const bottle = await rig.launch(wanted);
      await run(bottle, "cat /dev/zero > ~/fill");
      await rig.backend.sweep(wanted.identity);
      expect(await labelledProcesses(ownerLabel(rig.home, wanted.identity))).toEqual([]);
      await bottle[Symbol.asyncDispose]();
      await rig.state.remove(wanted.identity);
      expect(await rig.stateFolders()).toEqual([]);
    });

    test("a resume on it says so and changes nothing of the bottle", async () => {
      const wanted = spec({});
      await (await rig.launch(wanted))[Symbol.asyncDispose]();
      const before = await rig.state.read(wanted.identity);
      const fill = join(disk, "fill");
      execFileSync("sh", ["-c", 'cat /dev/zero > "$1" 2> /dev/null || true', "sh", fill]);
      await expect(rig.launch({ ...wanted, resume: true })).rejects.toMatchObject({ name: "BottleError", message: expect.stringMatching(fullAt(rig.home)) });
      expect(await labelledProcesses(ownerLabel(rig.home, wanted.identity))).toEqual([]);
      rmSync(fill);
      expect(await rig.state.read(wanted.identity)).toEqual(before);
      await (await rig.launch({ ...wanted, resume: true }))[Symbol.asyncDispose]();
      await rig.state.remove(wanted.identity);
    });
  });
}

/** Which file, on the host or inside, and that there was no space. */
function fullAt(home: string): RegExp {
  return new RegExp(`(?=[^]*(?:${home}/state|/home/node))[^]*(?:no space left on device|ENOSPC|wrote only)`, "i");
}
