import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { brotliCompressSync, gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { scanJobKind, type ScanJob } from "./scan-job.ts";
import { createScans, type Scans } from "./scan-push.ts";

const never = new AbortController().signal;

// Those for scans that this process has started and that have not ended.
function processes(): readonly number[] {
  const children = readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, "utf8").trim().split(" ").filter((pid) => pid !== "");
  return children.map(Number).filter((pid) => readFileSync(`/proc/${pid}/cmdline`, "latin1").includes(scanJobKind));
}

function killAll(): void {
  for (const pid of processes()) process.kill(pid, "SIGKILL");
}

// Of a folder's files, as a tree.
async function withJob(files: Readonly<Record<string, Buffer | string>>, run: (job: ScanJob, scans: Scans) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "bottle-gate-scan-"));
  const git = (...args: readonly string[]): string => execFileSync("git", ["-C", folder, ...args], { encoding: "utf8" }).trim();
  const scans = createScans();
  try {
    git("init", "--quiet");
    for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
    git("add", ".");
    await run({
      git: { argv: ["git", "-C", folder], env: { PATH: process.env["PATH"] ?? "" } }, tips: [git("write-tree")], refs: [], secrets: [{ name: "TOKEN", value: "Zq7-gate-known-value-93kd02" }],
      limits: { objects: 10_000, objectBytes: 1_000_000, bytes: 100_000_000 }, canaries: [], packs: [],
    }, scans);
  } finally {
    await scans.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

test("a scan that is ended while it opens archives takes nothing along", { timeout: 120_000 }, async () => {
  const archives = Array.from({ length: 400 }, (_, index): readonly [string, Buffer] => {
    const text = Buffer.concat([Buffer.from("lorem ipsum ".repeat(50)), randomBytes(40)]);
    return [`${index}`, Buffer.concat(Array.from({ length: 30 }, () => [gzipSync, zstdCompressSync, brotliCompressSync].map((pack) => pack(text))).flat())];
  });
  await withJob(Object.fromEntries(archives), async (job, scans) => {
    for (let round = 0; round < 10; round += 1) {
      scans.prepare();
      await delay(600);
      const abort = new AbortController();
      const scan = scans.scan(job, abort.signal);
      setTimeout(() => abort.abort(), 50 + 20 * round);
      await expect(scan).rejects.toThrow();
    }
  });
});

test("one process looks through push after push, with what each is told", async () => {
  await withJob({ "a.txt": "Zq7-gate-known-value-93kd02" }, async (job, scans) => {
    const rules = async (more: Partial<ScanJob> = {}): Promise<readonly string[]> => (await scans.scan({ ...job, ...more }, never)).findings.map(({ rule }) => rule);
    expect(await rules()).toEqual(["TOKEN"]);
    const [pid] = processes();
    expect(await rules({ secrets: [] })).toEqual([]);
    expect(await rules()).toEqual(["TOKEN"]);
    expect(processes()).toEqual([pid]);
    await expect(scans.scan({ ...job, limits: { ...job.limits, objects: 1 } }, never)).rejects.toMatchObject({ code: "limit-objects" });
    expect(await rules()).toEqual(["TOKEN"]);
    await scans.close();
    expect(processes()).toEqual([]);
  });
});

test("a process that is killed while it waits, or while it looks, is found out, and the next push has another", async () => {
  await withJob({ "a.txt": "Zq7-gate-known-value-93kd02" }, async (job, scans) => {
    scans.prepare();
    await expect.poll(processes).toHaveLength(1);
    const [pid] = processes();
    killAll();
    // Until this process was told.
    await expect.poll(() => existsSync(`/proc/${pid}`)).toBe(false);
    const scan = scans.scan(job, never);
    await expect.poll(processes).toHaveLength(1);
    killAll();
    await expect(scan).rejects.toThrow("The scan ended without an answer.");
    expect((await scans.scan(job, never)).findings).toHaveLength(1);
  });
});
