import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startGateRig } from "../testing/gate-rig.ts";
import { checkLeaks } from "../testing/leaks.ts";
import { findGitleaks } from "./find-gitleaks.ts";

// Programs that are not gitleaks, or one that does not do what it has to: none of them may let anything pass.
checkLeaks();
let folder: string;
beforeAll(async () => void (folder = await mkdtemp(join(tmpdir(), "bottle-gitleaks-"))));
afterAll(() => rm(folder, { recursive: true, force: true }));

const program = async (body: string): Promise<string> => {
  const file = join(await mkdtemp(join(folder, "bin-")), "gitleaks");
  await writeFile(file, `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  return file;
};
/** Finds the canaries as gitleaks does, unless told otherwise. */
const scan = (then: string): string => `
if [ "$1" = version ]; then echo 8.30.1; exit 0; fi
objects=$2
while [ "$1" != --report-path ]; do shift; done
report=$2
canaries='{"RuleID":"github-pat","File":"+canary","StartLine":2},{"RuleID":"github-pat","File":"zcanary","StartLine":2}'
found() { printf '[%s]' "$canaries" > "$report"; exit 42; }
${then}
`;
const find = async (body: string): Promise<unknown> => (await findGitleaks({ program: await program(body) }, join(folder, "state"))).state;

test.each([
  ["says no version", "echo hello", /does not say its version/],
  ["is of another generation", "echo 9.1.0", /version 9\.1\.0; 8\.19 or a later 8 is known/],
  ["ends with 0 and finds nothing", scan("echo '[]' > \"$report\"; exit 0"), /did not find what was put before it/],
  ["ends as it does for a failure", scan("exit 1"), /ended with 1/],
  ["does not know a flag", scan("exit 126"), /ended with 126/],
  ["is killed", scan("kill -9 $$"), /ended with a signal/],
  ["says it found something and leaves no report", scan("exit 42"), /no report that can be read/],
  ["leaves half a report", scan("printf '[{\"RuleID\"' > \"$report\"; exit 42"), /no report that can be read/],
  ["finds one canary of two", scan("printf '[{\"RuleID\":\"github-pat\",\"File\":\"+canary\",\"StartLine\":2}]' > \"$report\"; exit 42"), /did not find what was put before it/],
  ["finds them by a rule that finds anything", scan("canaries=$(printf %s \"$canaries\" | sed s/github-pat/any/g); found"), /did not find what was put before it/],
  ["complains", scan("echo 'ERR could not open file' >&2; found"), /complained/],
])("a gitleaks that %s is not trusted", async (_, body, why) => {
  expect(await find(body)).toEqual({ state: "not-trusted", why: expect.stringMatching(why) as string });
});

test("one that does all of it is used; one that is not there is absent; off is off", async () => {
  expect(await find(scan("found"))).toEqual({ state: "used", version: "8.30.1" });
  expect(await findGitleaks({ program: join(folder, "none") }, join(folder, "state"))).toEqual({ state: { state: "absent" } });
  expect(await findGitleaks({ use: "off" }, join(folder, "state"))).toEqual({ state: { state: "off" } });
});

test("a gate that requires it does not start without, and one that does not goes on and says so", async () => {
  const bad = await program(scan("exit 1"));
  await expect(startGateRig({ gate: { gitleaks: { use: "required", program: bad } } })).rejects.toMatchObject({ code: "gitleaks-missing", message: expect.stringContaining("does not trust") as string });
  await expect(startGateRig({ gate: { gitleaks: { use: "required", program: join(folder, "none") } } })).rejects.toMatchObject({ code: "gitleaks-missing" });
  await using rig = await startGateRig({ gate: { gitleaks: { program: bad } } });
  expect(rig.gate.gitleaks).toEqual({ state: "not-trusted", why: "gitleaks ended with 1" });
});

test("it sees files of the gate's alone, in folders of its own, and nothing of the operator's environment", async () => {
  const seen = join(folder, "seen");
  await mkdir(seen);
  const spy = await program(scan(`env > '${seen}/env'; pwd > '${seen}/cwd'; ls -a > '${seen}/home'; ls -l "$objects" > '${seen}/objects'; stat -c %a "$objects" "$objects/.." > '${seen}/modes'; found`));
  process.env["GITLEAKS_CONFIG"] = "/etc/evil.toml";
  try {
    await using rig = await startGateRig({ gate: { gitleaks: { use: "required", program: spy } } });
    const work = await rig.clone("work");
    await rig.commit(work, { ".gitleaks.toml": "[allowlist]\npaths = ['.*']\n", ".gitleaksignore": "x\n", "a.txt": "a\n" });
    expect((await rig.git(work, "push", "origin", "HEAD:one")).code).toBe(0);
    expect(await readFile(`${seen}/env`, "utf8")).not.toContain("GITLEAKS");
    expect((await readFile(`${seen}/home`, "utf8")).trim().split("\n")).toEqual([".", ".."]);
    expect((await readFile(`${seen}/modes`, "utf8")).trim().split("\n")).toEqual(["700", "700"]);
    const names = (await readFile(`${seen}/objects`, "utf8")).trim().split("\n").slice(1).map((line) => line.split(/\s+/));
    expect(names.map(([mode]) => mode)).toEqual(names.map(() => "-rw-------"));
    // Three files, the commit, and two canaries; whatever the push called them.
    expect(names.map((columns) => columns.at(-1)).filter((name) => /^[0-9a-f]{40}$/.test(name ?? ""))).toHaveLength(4);
    expect(names).toHaveLength(6);
    expect(await readdir(join(rig.folder, "gate", "gitleaks"))).toEqual(["home"]);
    expect((await stat(join(rig.folder, "gate", "gitleaks"))).mode & 0o777).toBe(0o700);
  } finally {
    delete process.env["GITLEAKS_CONFIG"];
  }
});

test.each([
  ["crashes", "kill -9 $$"], ["ends with 1", "exit 1"], ["ends with 0", "exit 0"], ["reports what it was not given", "canaries=\"$canaries,{\\\"RuleID\\\":\\\"a\\\",\\\"File\\\":\\\"other\\\",\\\"StartLine\\\":2}\"; found"],
])("if it %s in the middle of a push, the push is refused, and no file is left", async (_, then) => {
  const once = join(folder, `once-${Math.random()}`);
  const failing = await program(scan(`[ -e '${once}' ] || { touch '${once}'; found; }\n${then}`));
  await using rig = await startGateRig({ gate: { gitleaks: { use: "required", program: failing } } });
  const work = await rig.clone("work");
  await rig.commit(work, { "a.txt": "a\n" });
  const pushed = await rig.git(work, "push", "origin", "HEAD:one");
  expect(pushed.code).not.toBe(0);
  expect(pushed.err).toMatch(/gitleaks/);
  expect(await rig.upstreamRef("refs/heads/one")).toBe("");
  expect(rig.events.at(-1)).toMatchObject({ op: "push", decision: "deny", reason: "gitleaks-failed" });
  expect(await readdir(join(rig.folder, "gate", "gitleaks"))).toEqual(["home"]);
});

test("one that hangs ends with the time there is for a scan", async () => {
  const once = join(folder, "hang");
  const hanging = await program(scan(`[ -e '${once}' ] || { touch '${once}'; found; }\nsleep 600`));
  await using rig = await startGateRig({ gate: { gitleaks: { use: "required", program: hanging }, limits: { scanMs: 2_000 } } });
  const work = await rig.clone("work");
  await rig.commit(work, { "a.txt": "a\n" });
  expect((await rig.git(work, "push", "origin", "HEAD:one")).err).toContain("could not be looked through within 2 s");
  expect(await rig.upstreamRef("refs/heads/one")).toBe("");
});
