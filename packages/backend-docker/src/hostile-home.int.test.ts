import { lstatSync, mkdtempSync, mkdirSync, readFileSync, readlinkSync, statfsSync, symlinkSync, writeFileSync } from "node:fs";
import { execFileSync } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStateStore, ownerLabel, type Bottle, type BottleSpec } from "@bottle/backend-core";
import { afterAll, afterEach, beforeAll, expect, onTestFinished, test } from "vitest";
import { resourceNames } from "./names.ts";
import { findOwned } from "./owned.ts";
import { createTestBackend } from "./testing/backend.ts";
import { engineEnv, testDocker } from "./testing/engine.ts";
import { plainSpec } from "./testing/plain-spec.ts";

const timeoutMs = 60_000;
// A path of the host's longer than the engine's own, as below somebody's deep folders.
const folder = mkdtempSync(join(tmpdir(), "bottle-hostile-"));
const [home, outside] = [join(folder, "h".repeat(200)), join(folder, "outside")];
const state = openStateStore(home);
const backend = createTestBackend(state, engineEnv());
let wanted: BottleSpec;

beforeAll(() => {
  for (const path of [home, outside]) mkdirSync(path, { mode: 0o700 });
  writeFileSync(join(outside, "file"), "as it was\n");
});
afterAll(() => execFileSync("rm", ["-rf", folder]));
afterEach(async () => {
  expect(await findOwned(testDocker(), ownerLabel(home, wanted.identity))).toEqual([]);
  expect(readFileSync(join(outside, "file"), "utf8")).toBe("as it was\n");
});

const launch = async (spec: BottleSpec): Promise<Bottle> => (await backend.prepare(spec)).launch();

/** Runs scripts in a bottle, one launch each, and ends it each time. @returns what each printed */
async function live(...scripts: readonly string[]): Promise<readonly string[]> {
  wanted = plainSpec();
  const said: string[] = [];
  for (const [index, script] of scripts.entries()) {
    await using bottle = await launch({ ...wanted, resume: index > 0 });
    const { stdout, stderr } = await bottle.exec(script);
    said.push(Buffer.from(stdout).toString() + Buffer.from(stderr).toString());
  }
  return said;
}
const homeFile = (path: string): string => join(state.directory(wanted.identity).home, path);

test("a home of every kind of file comes home as far as it is harmless, and goes in again", async () => {
  const [made, found] = await live(String.raw`cd ~
    ln -s ${outside} out; ln -s ../../../../../../../..${outside} up; ln -s . self; ln -P out hard-out; ln -s "$(printf '%04000d' 0)" long
    mkdir through; echo x > through/file; mkdir sealed; echo in > sealed/file; ln sealed/file hard; chmod 0 sealed
    mkfifo pipe; perl -e 'use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, pack_sockaddr_un("socket"))'; mknod whiteout c 0 0
    touch -d @-99999999999 old; touch -d @99999999999 new; touch .wh.file .wh..wh.opq -- -rf; touch "$(printf 'two\nlines\033[31m')" "$(printf 'b\377d')" "$(printf 'pax\n27 path=..')"
    cp /bin/true own; chmod 2755 own; ls -A | wc -l`, "cd ~; ls -A | wc -l; cat hard; stat -c %h hard; readlink up hard-out");
  // Pipe, socket and device stay behind.
  expect(found).toBe(`${Number((made ?? "").split("\n")[0]) - 3}\nin\n2\n../../../../../../../..${outside}\n${outside}\n`);
  expect(readlinkSync(homeFile("out"))).toBe(outside);
  expect(lstatSync(homeFile("own")).mode & 0o7777).toBe(0o755);
}, timeoutMs);

test("a project with a link that leads out of it, as many have, is started with", async () => {
  const project = mkdtempSync(join(folder, "project-"));
  symlinkSync("../outside/file", join(project, "link"));
  wanted = plainSpec({ workspace: { mode: "copy", source: project } });
  await using bottle = await launch(wanted);
  expect(Buffer.from((await bottle.exec("readlink link; stat -c %U . link")).stdout).toString()).toBe("../outside/file\nnode\nnode\n");
}, timeoutMs);

test("a tree deeper than the host's longest path comes home, twice, and the bottle ends", async () => {
  const dig = String.raw`perl -e 'chdir "$ENV{HOME}"; for (1 .. 20) { mkdir "d" x 200; chdir "d" x 200 or die $! } open F, ">", $ARGV[0]; print F $ARGV[0]' `;
  const read = String.raw`perl -e 'chdir "$ENV{HOME}"; for (1 .. 20) { chdir "d" x 200 or die "no: $!" } print join " ", sort <*>'`;
  expect(await live(`${dig} one`, `${dig} two`, read)).toEqual(["", "", "one two"]);
}, timeoutMs);

// Only root can mount a small disk.
test.runIf(process.getuid?.() === 0)("a file of terabytes that costs the agent nothing does not fill the host's disk; with it gone, the work comes home", async () => {
  const disk = join(folder, "disk");
  mkdirSync(disk, { mode: 0o700 });
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64m,mode=700", "none", disk]);
  onTestFinished(() => void execFileSync("umount", ["--lazy", disk]));
  const small = openStateStore(disk);
  const here = createTestBackend(small, engineEnv());
  wanted = plainSpec();
  const bottle = await (await here.prepare(wanted)).launch();
  await bottle.exec("echo work > ~/work; truncate -s 4T ~/hole");
  await expect(bottle[Symbol.asyncDispose]()).rejects.toMatchObject({ code: "exec-failed", message: expect.stringMatching(/: it is more than the \d+ MiB free there; a file with holes counts in full$/) });
  expect(statfsSync(disk).bavail / statfsSync(disk).blocks).toBeGreaterThan(0.8);
  const label = ownerLabel(disk, wanted.identity);
  const { volumes } = resourceNames({ label });
  await testDocker().must(["run", "--rm", "--volume", `${volumes.home}:/v`, "bottle-agent:0.1.0", "rm", "/v/hole"], "rm");
  await here.sweep(wanted.identity);
  expect(readFileSync(join(small.directory(wanted.identity).home, "work"), "utf8")).toBe("work\n");
  expect(await findOwned(testDocker(), label)).toEqual([]);
}, timeoutMs);
