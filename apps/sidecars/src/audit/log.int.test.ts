import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { setImmediate as turn, setTimeout as delay } from "node:timers/promises";
import type { AuditEvent, AuditHead } from "@bottle/manifest";
import { afterEach, beforeEach, expect, test } from "vitest";
import { checkLog, recordsOf } from "../testing/check-log.ts";
import { openAuditLog, type AuditLog, type AuditLogOptions } from "./log.ts";

let folder: string;
let file: string;
let heads: AuditHead[];
let failures: unknown[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bottle-log-"));
  file = join(folder, "audit.jsonl");
  [heads, failures] = [[], []];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const note = (detail: string): AuditEvent => ({ type: "control", op: "note", outcome: "done", detail });
const request = (path: string): AuditEvent => ({ type: "network", decision: "deny", layer: "route", reason: "no-route", host: "a.test", port: 443, method: "GET", path });
function open(change: Partial<AuditLogOptions> = {}): AuditLog {
  const log = openAuditLog({
    file, identity: "test-00000", secrets: [], maxBytes: 1e9, maxFileBytes: 1e9, unsignedLines: 64, unsignedMs: 60_000,
    onSealed: (head) => void heads.push(head), onFailed: (error) => void failures.push(error), ...change,
  });
  heads.push(log.head);
  return log;
}
const names = (): readonly string[] => readdirSync(folder).sort();
const checkpoints = async (): Promise<readonly number[]> => (await recordsOf(file)).flatMap(({ seq, event }) => (event.type === "checkpoint" ? [seq] : []));

test("no more lines than asked for are without a signature, and none for longer", async () => {
  {
    using log = open({ unsignedLines: 4, unsignedMs: 200 });
    for (let count = 0; count < 10; count += 1) log.append(note(`${count}`));
    expect(await checkpoints()).toEqual([0, 5, 10]);
    await expect.poll(checkpoints, { timeout: 5000 }).toEqual([0, 5, 10, 13]);
    await delay(400);
    // Nothing new, nothing to sign.
    expect(await checkpoints()).toEqual([0, 5, 10, 13]);
  }
  expect(heads.map(({ seq, closed }) => [seq, closed])).toEqual([[0, undefined], [0, undefined], [5, undefined], [10, undefined], [13, undefined], [14, true]]);
  expect(await checkLog(file, heads)).toMatchObject({ ok: true, lines: 15, launches: 1, tail: 0, gaps: [], closed: true });
});

test("each start has a key of its own, whose private half is in no file", async () => {
  for (let round = 0; round < 3; round += 1) {
    using log = open();
    log.append(note("one"));
  }
  expect(new Set(heads.map(({ key }) => key)).size).toBe(3);
  expect(await checkLog(file, heads)).toMatchObject({ ok: true, launches: 3, closed: true });
  expect(names()).toEqual(["audit.jsonl"]);
});

test("a start after one that did not end in order says so", async () => {
  const crashed = open();
  crashed.append(note("one"));
  using log = open();
  log.append(note("two"));
  expect((await recordsOf(file)).map(({ event }) => ("event" in event ? event.event : event.type))).toEqual(["checkpoint", "control", "checkpoint", "crash", "control"]);
});

test("a start that records nothing leaves nothing, and its key counts for nothing", async () => {
  {
    using log = open();
    log.append(note("one"));
  }
  const before = readFileSync(file);
  open()[Symbol.dispose]();
  expect(readFileSync(file)).toEqual(before);
  {
    using log = open();
    log.append(note("two"));
  }
  expect(new Set(heads.map(({ key }) => key)).size).toBe(3);
  expect(await checkLog(file, heads)).toMatchObject({ ok: true, launches: 2, closed: true });
});

test("a full file is moved aside, the chain goes on, and a reader meanwhile sees no gap", async () => {
  const log = open({ maxFileBytes: 30_000, unsignedLines: 10 });
  let isDone = false;
  const reading = (async () => {
    let longest = 0;
    let reads = 0;
    while (!isDone) {
      const records = await recordsOf(file);
      expect(records.map(({ seq }) => seq)).toEqual(records.map((_, index) => index));
      expect(records.length).toBeGreaterThanOrEqual(longest);
      longest = records.length;
      reads += 1;
    }
    return reads;
  })();
  for (let count = 0; count < 3000; count += 1) {
    log.append(request(`/${count}/${"x".repeat(100)}`));
    if (count % 20 === 0) await turn();
  }
  isDone = true;
  expect(await reading).toBeGreaterThan(2);
  log[Symbol.dispose]();
  expect(names().length).toBeGreaterThan(20);
  for (const name of names()) expect(statSync(join(folder, name))).toMatchObject({ size: expect.toSatisfy((size: number) => size <= 30_000) as number, mode: 0o100_600 });
  expect(await checkLog(file, heads)).toMatchObject({ ok: true, lines: 3302, closed: true });
  rmSync(join(folder, "audit.7.jsonl"));
  expect(await checkLog(file, heads)).toMatchObject({ ok: false, reason: "The line before it was changed, added or removed." });
});

test("whole files cut off, at the start, at the end or altogether, show; and so does one in another's place", async () => {
  {
    using log = open({ maxFileBytes: 3000 });
    for (let count = 0; count < 40; count += 1) log.append(note(`${count} ${"x".repeat(100)}`));
  }
  const whole = names().map((name) => [name, readFileSync(join(folder, name))] as const);
  expect(whole.length).toBeGreaterThan(3);
  const restore = (): void => whole.forEach(([name, bytes]) => writeFileSync(join(folder, name), bytes));
  const attacks: readonly (() => void)[] = [
    () => rmSync(join(folder, "audit.1.jsonl")),
    () => rmSync(file),
    () => whole.forEach(([name]) => rmSync(join(folder, name))),
    () => truncateSync(file, 0),
    () => renameSync(join(folder, "audit.2.jsonl"), join(folder, "audit.1.jsonl")),
    () => {
      renameSync(join(folder, "audit.1.jsonl"), join(folder, "x"));
      renameSync(join(folder, "audit.2.jsonl"), join(folder, "audit.1.jsonl"));
      renameSync(join(folder, "x"), join(folder, "audit.2.jsonl"));
    },
  ];
  for (const attack of attacks) {
    attack();
    expect(await checkLog(file, heads), String(attack)).toMatchObject({ ok: false });
    restore();
    expect(await checkLog(file, heads)).toMatchObject({ ok: true });
  }
});

test("a rotation that was killed between its two renames is gone on with", async () => {
  {
    using log = open({ maxFileBytes: 3000 });
    log.append(note("before"));
  }
  renameSync(file, join(folder, "audit.1.jsonl"));
  writeFileSync(`${file}.next`, "");
  {
    using log = open();
    log.append(note("goes on"));
  }
  expect(names()).toEqual(["audit.1.jsonl", "audit.jsonl"]);
  expect(await checkLog(file, heads)).toMatchObject({ ok: true, launches: 2, closed: true });
});

test("nothing is signed of a file that somebody else wrote to, replaced or removed: from then on nothing may pass", () => {
  const tampers: readonly (() => void)[] = [
    () => appendFileSync(file, "x"), () => truncateSync(file, 10), () => rmSync(file),
    () => {
      const bytes = readFileSync(file);
      rmSync(file);
      writeFileSync(file, bytes);
    },
  ];
  for (const tamper of tampers) {
    rmSync(file, { force: true });
    using log = open({ unsignedLines: 2 });
    log.append(note("one"));
    tamper();
    expect(() => log.append(note("two")), String(tamper)).toThrow(expect.objectContaining({ code: "audit-failed", message: expect.stringMatching(/somebody else/) as string }));
  }
});

test("a log of another bottle, and a file that is no log, are not gone on with", () => {
  openAuditLog({ file, identity: "other-00000", secrets: [], maxBytes: 1e9, maxFileBytes: 1e9, unsignedLines: 64, unsignedMs: 1000, onFailed: () => undefined }).append(note("theirs"));
  expect(() => open()).toThrow(expect.objectContaining({ code: "audit-failed", message: expect.stringContaining("is not one of this bottle's audit log") as string }));
  const before = "z".repeat(2_000_000);
  writeFileSync(file, before);
  expect(() => open()).toThrow(expect.objectContaining({ code: "audit-failed" }));
  expect(readFileSync(file, "utf8")).toBe(before);
});

test("the limit is of all files together, and room is kept for what the operator does and for signatures", async () => {
  {
    using log = open({ maxBytes: 20_000, maxFileBytes: 4000, unsignedLines: 10 });
    expect(() => {
      for (let count = 0; count < 200; count += 1) log.append(request(`/${count}`));
    }).toThrow(expect.objectContaining({ message: expect.stringContaining("has reached its limit of 20000 bytes. End the bottle, move its oldest file away, and resume.") as string }));
    log.append(note("the operator's"));
  }
  expect(names().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)).toBeLessThan(23_000);
  expect(await checkLog(file, heads)).toMatchObject({ ok: true, closed: true });
  rmSync(join(folder, "audit.1.jsonl"));
  using again = open({ maxBytes: 20_000, maxFileBytes: 4000 });
  again.append(request("/there is room again"));
  expect(await checkLog(file, heads)).toMatchObject({ ok: false, line: 1 });
});

// Only root can mount a file system of its own to fill.
test.runIf(process.getuid?.() === 0)("a full disk, in mid-line or in mid-rotation, leaves whole lines alone, and they go on once there is room", async () => {
  const disk = join(folder, "disk");
  mkdirSync(disk);
  file = join(disk, "audit.jsonl");
  for (const limit of ["size=64k", "nr_inodes=3"]) {
    execFileSync("mount", ["-t", "tmpfs", "-o", limit, "none", disk]);
    heads = [];
    try {
      writeFileSync(join(disk, "fill"), "x".repeat(20_000));
      {
        using log = open({ maxFileBytes: 8000, unsignedLines: 8 });
        expect(() => {
          for (let count = 0; count < 5000; count += 1) log.append(request(`/${count}/${"x".repeat(300)}`));
        }).toThrow(expect.objectContaining({ code: "audit-failed", message: expect.stringMatching(/cannot be written: .*(?:no space|ENOSPC)/) as string }));
        rmSync(join(disk, "fill"));
        log.append(request("/room again"));
      }
      expect(existsSync(`${file}.next`)).toBe(false);
      expect(await checkLog(file, heads)).toMatchObject({ ok: true, closed: true });
      expect((await recordsOf(file)).at(-2)?.event).toMatchObject({ path: "/room again" });
    } finally {
      execFileSync("umount", ["-l", disk]);
    }
  }
});

test("a writer that is killed at any moment loses no line it had written, whatever it was doing", { timeout: 120_000 }, async () => {
  const program = fileURLToPath(new URL("../testing/audit-writer.ts", import.meta.url));
  const written: string[] = [];
  for (let round = 0; round < 20; round += 1) {
    const writer = spawn(process.execPath, ["--conditions=@bottle/source", program, file], { stdio: ["ignore", "pipe", "inherit"] });
    const lines = createInterface({ input: writer.stdout });
    const said: string[] = [];
    lines.on("line", (line) => said.push(line));
    await once(lines, "line");
    await delay(Math.random() * 60);
    writer.kill("SIGKILL");
    await once(lines, "close");
    heads.push(JSON.parse(said[0] ?? "") as AuditHead);
    written.push(...said.slice(1).map((count) => `${writer.pid} ${count}`));
  }
  {
    using log = open();
    log.append(note("after all"));
  }
  expect(await checkLog(file, heads)).toMatchObject({ ok: true, launches: expect.toSatisfy((launches: number) => launches > 15) as number, closed: true, tail: 0 });
  const there = new Set((await recordsOf(file)).flatMap(({ event }) => ("detail" in event ? [event.detail?.split(" ").slice(0, 2).join(" ")] : [])));
  expect(written.filter((each) => !there.has(each))).toEqual([]);
  expect(written.length).toBeGreaterThan(100);
  expect(names().length).toBeGreaterThan(3);
});
