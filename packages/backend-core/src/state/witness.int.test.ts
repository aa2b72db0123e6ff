import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { AuditHead } from "@bottle/manifest";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openWitness, readWitness } from "./witness.ts";

let folder: string;
let path: string;
let warnings: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bottle-witness-"));
  path = join(folder, "witness/dev-4k2x9.jsonl");
  warnings = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const head = (seq: number, key = "a"): AuditHead => ({ seq, hash: String(seq % 10).repeat(64), key: key.repeat(43) });
const open = (): ReturnType<typeof openWitness> => openWitness(path, (message) => void warnings.push(message));
const noted = async (): Promise<readonly unknown[]> => (await readWitness(path) ?? []).map((entry) => ("seq" in entry ? entry.seq : entry.died));

test("of each start the first head is there before it goes on, and the newest of the later ones; others cannot read it", async () => {
  expect(await readWitness(path)).toBe(undefined);
  {
    await using witness = await open();
    expect(await witness.announce(head(0))).toBe(undefined);
    expect(await noted()).toEqual([0]);
    for (let seq = 1; seq < 100; seq += 1) witness.note(head(seq));
  }
  expect(await noted()).toEqual([0, 99]);
  {
    await using witness = await open();
    await witness.announce(head(100, "b"));
  }
  expect(await noted()).toEqual([0, 99, 100]);
  expect([statSync(path).mode & 0o777, statSync(dirname(path)).mode & 0o777, warnings]).toEqual([0o600, 0o700, []]);
});

test("a log that is shorter than it was seen is told at the next start", async () => {
  {
    await using witness = await open();
    await witness.announce(head(0));
    witness.note(head(40));
  }
  await using witness = await open();
  expect(await witness.announce(head(30, "b"))).toMatch(/^The audit log is shorter than it was \(line 41 was seen at .*\): lines were cut off its end\./);
});

test("that the sidecars ended by themselves is known at the next start, and at that one alone", async () => {
  {
    await using witness = await open();
    expect(witness.lastDeath).toBe(undefined);
    await witness.announce(head(0));
    witness.died("ended by SIGKILL");
  }
  {
    await using witness = await open();
    expect(witness.lastDeath).toEqual({ time: expect.any(String) as string, died: "ended by SIGKILL" });
    await witness.announce(head(9, "b"));
  }
  await using witness = await open();
  expect(witness.lastDeath).toBe(undefined);
});

test("a beginning that cannot be noted fails; what cannot be noted later is told once", async () => {
  writeFileSync(dirname(path), "a file in the folder's place");
  await using nowhere = await openWitness(path, () => undefined).catch(() => undefined);
  expect(nowhere).toBe(undefined);
  rmSync(dirname(path));
  await using witness = await open();
  await witness.announce(head(0));
  rmSync(dirname(path), { recursive: true });
  witness.note(head(1));
  witness.note(head(2));
  await witness[Symbol.asyncDispose]();
  expect(warnings).toEqual([expect.stringMatching(/cannot be written, so lines cut off the end of the audit log would not be seen: ENOENT/)]);
  await expect(witness.announce(head(3)).finally(() => rmSync(dirname(path), { recursive: true, force: true }))).resolves.toBe(undefined);
});

test("what is no witness is not taken for one, and stays as it is", async () => {
  mkdirSync(dirname(path));
  writeFileSync(path, "{\"seq\":0}\n");
  await expect(open()).rejects.toMatchObject({ code: "state-unreadable", message: expect.stringContaining(path) as string });
  expect(readFileSync(path, "utf8")).toBe("{\"seq\":0}\n");
});
