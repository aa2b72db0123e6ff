import { spawn } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ownerLabel } from "@bottle/backend-core";
import { describe, expect, test } from "vitest";
import { joinScript } from "../open.ts";
import { detectLimits, type LimitsSupport } from "./detect.ts";
import { createLimitGroup, findLimitGroups, limitGroupName, removeLimitGroups } from "./group.ts";

const support = await detectLimits();
const name = `bottle-test-${process.pid}`;
const nowhere: LimitsSupport = { memory: "none", pids: "none", cpu: "none", parents: {}, sentences: [] };

/** Runs a program that first joins the groups; resolves to its output and how it ended. */
function runInside(procsFiles: readonly string[], argv: readonly string[]): Promise<{ readonly out: string; readonly code: number | null; readonly signal: string | null }> {
  const child = spawn("sh", ["-c", joinScript(procsFiles), "sh", ...argv], { stdio: ["ignore", "pipe", "ignore"] });
  let out = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
  return new Promise((resolve) => child.once("close", (code, signal) => resolve({ out, code, signal })));
}

test("without a limit, and where none can be enforced, nothing is made", async () => {
  await using none = await createLimitGroup(name, {}, support);
  await using nothing = await createLimitGroup(name, { pids: 5 }, nowhere);
  expect([none.paths, nothing.paths]).toEqual([[], []]);
});

// A user without delegated control groups has nothing to enforce with; that this is said is tested in detect.test.ts.
describe.runIf(support.pids !== "none" && support.memory !== "none")("where this user may write control groups", () => {
  test("a fork bomb ends at the limit of processes", async () => {
    await using group = await createLimitGroup(name, { pids: 20 }, support);
    const { out } = await runInside(group.procsFiles, ["perl", "-e", "$n = 0; for (1 .. 100) { $p = fork; last unless defined $p; if (!$p) { sleep 5; exit } $n++ } print $n; kill 9, -$$"]);
    const { out: first } = out === "" ? await runInside(group.procsFiles, ["perl", "-e", "$| = 1; for (1 .. 100) { $p = fork; last unless defined $p; if (!$p) { close STDOUT; sleep 3; exit } print '.' }"]) : { out };
    expect(first.length === 0 ? 0 : Number(first) || first.length).toBeLessThan(20);
  });

  test("a program over the limit of memory is ended", async () => {
    await using group = await createLimitGroup(name, { memoryBytes: 64 * 1024 * 1024 }, support);
    const { signal, out } = await runInside(group.procsFiles, ["perl", "-e", "$x = 'a' x (256 * 1024 * 1024); print 'survived'"]);
    expect({ signal, out }).toEqual({ signal: "SIGKILL", out: "" });
    expect(await runInside(group.procsFiles, ["perl", "-e", "print 'small'"])).toMatchObject({ out: "small", code: 0 });
  });

  test("disposing ends what is left inside and removes the group", async () => {
    const group = await createLimitGroup(name, { pids: 20 }, support);
    const running = runInside(group.procsFiles, ["sleep", "1000"]);
    expect(await findLimitGroups(name, support)).toEqual(group.paths);
    await new Promise((resolve) => setTimeout(resolve, 200));
    await group[Symbol.asyncDispose]();
    expect(await running).toMatchObject({ signal: "SIGKILL" });
    expect(group.paths.filter((path) => existsSync(path))).toEqual([]);
  });
});

test("bottles of two homes that have one identity have groups of their own", async () => {
  const identity = `test-${String(process.pid).padStart(5, "0").slice(-5)}`;
  const names = ["/home/one/.bottle", "/home/two/.bottle"].map((home) => limitGroupName(ownerLabel(home, identity)));
  expect(new Set(names).size).toBe(2);
  for (const own of names) expect(own).toMatch(/^bottle-[0-9a-f]{12}-test-[0-9]{5}$/);
  if (support.pids === "none") return;
  const [one = "", other = ""] = names;
  const kept = await createLimitGroup(other, { pids: 5 }, support);
  const ended = await createLimitGroup(one, { pids: 5 }, support);
  await removeLimitGroups(await findLimitGroups(one, support));
  expect([existsSync(ended.paths[0] ?? ""), existsSync(kept.paths[0] ?? "")]).toEqual([false, true]);
  await kept[Symbol.asyncDispose]();
});

test("a program that cannot join its limits does not run", async () => {
  expect(await runInside(["/nowhere/cgroup.procs"], ["echo", "ran"])).toMatchObject({ out: "", code: 125 });
});

test("only folders with bottle's own naming are ever removed", async () => {
  const folder = await mkdtemp(join(tmpdir(), "other-"));
  mkdirSync(join(folder, "inner"));
  await removeLimitGroups([folder, join(folder, "inner"), "/"]);
  expect(existsSync(join(folder, "inner"))).toBe(true);
  rmSync(folder, { recursive: true });
});
