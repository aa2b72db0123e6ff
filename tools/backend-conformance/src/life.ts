import { mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { labelledProcesses, ownerLabel, type LaunchStep } from "@bottle/backend-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { run, startRig, type Rig } from "./rig.ts";
import type { ConformanceSetup } from "./suite.ts";

const slowLaunchMs = 1000;

/** Start, end, resume, abort, sweep: nothing leaks, nothing is lost. */
export function lifePromises(setup: ConformanceSetup): void {
  describe("life", () => {
    let rig: Rig;
    beforeAll(async () => {
      rig = await startRig(setup);
    });
    afterAll(() => rig?.[Symbol.asyncDispose]());

    test("preparing only reads", async () => {
      const before = await readdir(rig.home, { recursive: true });
      await rig.backend.prepare(rig.spec());
      expect(await readdir(rig.home, { recursive: true })).toEqual(before);
    });

    test("a weaker backend than min_isolation asks for is refused, with the mend", async () => {
      if (rig.backend.isolation === "microvm") return;
      await expect(rig.backend.prepare(rig.spec({ minIsolation: "microvm" }))).rejects.toMatchObject({ code: "isolation-too-weak", mend: expect.stringContaining("min_isolation") });
    });

    test("a runtime that is not there is refused, never left out", async () => {
      await expect(rig.backend.prepare(rig.spec({ runtime: "nowhere" }))).rejects.toMatchObject({ code: "spec-invalid", message: expect.stringContaining("`runtime: nowhere` cannot be kept") });
    });

    test("disposing ends every process and keeps the agent's home", async () => {
      const bottle = await rig.launch();
      const label = ownerLabel(rig.home, bottle.identity);
      expect(await labelledProcesses(label)).not.toEqual([]);
      await run(bottle, "echo work > ~/work.txt");
      await bottle[Symbol.asyncDispose]();
      expect(await labelledProcesses(label)).toEqual([]);
      expect(await readFile(join(rig.state.directory(bottle.identity).home, "work.txt"), "utf8")).toBe("work\n");
      expect(await rig.state.read(bottle.identity)).toMatchObject({ status: "stopped" });
    });

    test("a resumed bottle has its home, and a link planted there leads provisioning nowhere outside", async () => {
      const spec = rig.spec({ home: { files: [{ path: ".settings/file", content: "from bottle\n" }], folders: [] } });
      const outside = join(rig.home, "outside");
      await mkdir(outside);
      {
        await using first = await (await rig.backend.prepare(spec)).launch();
        await run(first, `rm -rf ~/.settings; ln -s '${outside}' ~/.settings; echo kept > ~/kept`);
      }
      const resumed = (await rig.backend.prepare({ ...spec, resume: true })).launch();
      await resumed.then((bottle) => bottle[Symbol.asyncDispose](), () => undefined);
      expect(await readdir(outside)).toEqual([]);
      await symlink("/nowhere", join(rig.state.directory(spec.identity).home, "dangling"));
      expect(await readFile(join(rig.state.directory(spec.identity).home, "kept"), "utf8")).toBe("kept\n");
    });

    test("bottles of one agent run side by side and see nothing of each other", async () => {
      const bottles = await Promise.all([rig.launch(), rig.launch(), rig.launch()]);
      try {
        await Promise.all(bottles.map((bottle, index) => run(bottle, `echo ${index} > /tmp/mine; echo ${index} > ~/mine`)));
        const seen = await Promise.all(bottles.map((bottle) => run(bottle, "cat /tmp/mine ~/mine")));
        expect(seen.map(({ out }) => out)).toEqual(["0\n0\n", "1\n1\n", "2\n2\n"]);
        expect(new Set(bottles.map(({ identity }) => identity)).size).toBe(3);
      } finally {
        await Promise.all(bottles.map((bottle) => bottle[Symbol.asyncDispose]()));
      }
    });

    test("another process can connect, and leaves the bottle running", async () => {
      await using bottle = await rig.launch();
      {
        await using second = await rig.backend.connect(bottle.identity);
        expect((await run(second, "echo $PLAIN")).out).toBe("plain value\n");
      }
      expect((await run(bottle, "echo on")).out).toBe("on\n");
    });

    test("connecting to an ended bottle says so and how to go on", async () => {
      const bottle = await rig.launch();
      await bottle[Symbol.asyncDispose]();
      await expect(rig.backend.connect(bottle.identity)).rejects.toMatchObject({ code: "not-running", mend: expect.stringContaining("resume") });
    });

    test.each<LaunchStep>(["state", "sidecars and bottle", "ca", "prompt", "self-check"])("an abort at step %s leaves nothing", async (step) => {
      const before = await rig.stateFolders();
      const abort = new AbortController();
      const spec = rig.spec({ home: { files: [{ path: "x", content: "x" }], folders: [] } });
      const prepared = await rig.backend.prepare(spec);
      const launch = prepared.launch({ signal: abort.signal, onStep: (reached) => reached === step && abort.abort() });
      await expect(launch).rejects.toThrow();
      expect(await labelledProcesses(ownerLabel(rig.home, spec.identity))).toEqual([]);
      expect(await rig.stateFolders()).toEqual(before);
    });

    test("an abort between the steps, at many moments of a launch, leaves nothing", { timeout: 300_000 }, async () => {
      const started = performance.now();
      await (await rig.launch())[Symbol.asyncDispose]();
      const wholeMs = performance.now() - started;
      const before = await rig.stateFolders();
      const moments = wholeMs < slowLaunchMs ? 30 : 6;
      for (let moment = 0; moment < moments; moment += 1) {
        const afterMs = 5 + (wholeMs / moments) * moment;
        const spec = rig.spec();
        const abort = new AbortController();
        const prepared = await rig.backend.prepare(spec);
        const launch = prepared.launch({ signal: abort.signal });
        setTimeout(() => abort.abort(), afterMs);
        const bottle = await launch.catch(() => undefined);
        await bottle?.[Symbol.asyncDispose]();
        if (bottle) await rig.state.remove(spec.identity);
        expect({ afterMs, left: await rig.backend.leftovers(spec.identity) }).toEqual({ afterMs, left: 0 });
      }
      expect(await rig.stateFolders()).toEqual(before);
    });

    test("when the sidecars die, the bottle has no way out, is told so, and so is the operator", async () => {
      const warnings: string[] = [];
      await using bottle = await rig.launch({}, { onWarning: (message) => warnings.push(message) });
      await setup.killSidecars(await rig.state.read(bottle.identity));
      await expect.poll(() => warnings.join(), { timeout: 5000 }).toContain("no way out");
      const { out, code } = await run(bottle, "curl -sS -m 20 -w ' %{http_code}' http://elsewhere.example.com/ 2>&1");
      if (setup.traits?.hasHostSidecars === false) expect({ out, code }).not.toMatchObject({ code: 0 });
      else expect(out).toMatch(/sidecars-gone.* 503$/s);
    });

    test("sweeping a bottle ends exactly its own processes", async () => {
      const bottle = await rig.launch();
      await using other = await rig.launch();
      await run(bottle, "setsid sleep 1000 > /dev/null 2>&1 & echo");
      await rig.backend.sweep(bottle.identity);
      expect(await labelledProcesses(ownerLabel(rig.home, bottle.identity))).toEqual([]);
      await expect(run(bottle, "true")).rejects.toMatchObject({ code: "not-running" });
      expect((await run(other, "echo alive")).out).toBe("alive\n");
      await bottle[Symbol.asyncDispose]();
    });

    test.runIf(process.arch === "x64")("a bottle whose agent took over its first process and hid its label is swept all the same", async () => {
      const bottle = await rig.launch();
      const marker = `sleep ${40_000 + Math.floor(Math.random() * 1000)}`;
      await bottle.exec(`env -i setsid ${marker} > /dev/null 2>&1 & exec perl - <<'BOTTLE_END'\n${hideFirstProcess}\nBOTTLE_END\n`);
      await rig.backend.sweep(bottle.identity);
      await expect.poll(() => runningOnHost(marker)).toEqual([]);
      await bottle[Symbol.asyncDispose]();
    });

    test("files of the home are written with their modes", async () => {
      await using bottle = await rig.launch({ home: { files: [{ path: "a/b c/d'e", content: "x\n", mode: 0o640 }], folders: [] } });
      expect((await run(bottle, `cd ~/"a/b c" && cat "d'e" && stat -c %a "d'e"`)).out).toBe("x\n640\n");
    });

    test("folders of the home are copied whole", async () => {
      const source = join(rig.home, "skill");
      await mkdir(source, { recursive: true });
      await writeFile(join(source, "SKILL.md"), "do\n");
      await using bottle = await rig.launch({ home: { files: [], folders: [{ path: ".skills/one", source }] } });
      expect((await run(bottle, "cat ~/.skills/one/SKILL.md")).out).toBe("do\n");
    });
  });
}

// Writes machine code over what the first process is about to run: prctl(PR_SET_PDEATHSIG, 0), then pause() for ever. Then
// it blanks that process's environment and wakes it. Where the process can't be reached there is nothing to hide.
const hideFirstProcess = `
open(my $call, "<", "/proc/1/syscall") or exit; my $at = hex((split " ", <$call>)[-1]);
sysopen(my $memory, "/proc/1/mem", 2) or exit;
sysseek($memory, $at, 0); syswrite($memory, pack("H*", "b89d000000bf0100000031f60f05b8220000000f05ebf7"));
open(my $stat, "<", "/proc/1/stat"); my ($from, $to) = (split " ", <$stat>)[49, 50];
sysseek($memory, $from, 0); syswrite($memory, "\\0" x ($to - $from));
kill "CHLD", 1; select(undef, undef, undef, 0.2);`;

async function runningOnHost(marker: string): Promise<readonly string[]> {
  const pids = (await readdir("/proc")).filter((name) => /^[0-9]+$/.test(name));
  const lines = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")));
  return pids.filter((_, index) => lines[index]?.replaceAll("\0", " ").trim() === marker);
}
