import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isSigned, launchKey, sha256, SignedLog } from "../testing/signed-log.ts";
import type { AuditEvent } from "./event.ts";
import { createAuditVerifier, type AuditFault, type AuditProof } from "./verify.ts";
import { formatWitness, parseWitness, type AuditHead, type WitnessEntry } from "./witness.ts";

const identity = "demo-4k2x9";
const event = (detail: string): AuditEvent => ({ type: "lifecycle", event: "ready", detail });
const time = "2026-01-02T03:04:06.000Z";
const seen = (head: AuditHead): WitnessEntry => ({ time, ...head });
const announced = (head: AuditHead): WitnessEntry => ({ time, ...head, announced: true });
const [first, second, stranger] = [launchKey(), launchKey(), launchKey()];

function check(lines: readonly string[], witness: readonly WitnessEntry[] | undefined, tornBytes = 0): AuditProof | AuditFault {
  const verifier = createAuditVerifier({ identity, witness, isSigned, sha256 });
  for (const line of lines) verifier.push(line);
  return verifier.finish(tornBytes);
}

/** Two starts: the first crashed with two unsigned lines at its end, the second ended in order. */
function twoStarts(): { readonly lines: readonly string[]; readonly witness: readonly WitnessEntry[] } {
  const log = new SignedLog(identity);
  const heads = [log.checkpoint(first)];
  for (const text of ["a", "b"]) log.add(event(text));
  heads.push(log.checkpoint(first));
  for (const text of ["c", "d"]) log.add(event(text));
  heads.push(log.checkpoint(second));
  for (const text of ["e", "f"]) log.add(event(text));
  heads.push(log.checkpoint(second, true));
  return { lines: log.lines, witness: heads.flatMap((head, at) => (at % 2 === 0 ? [announced(head), seen(head)] : [seen(head)])) };
}

const { lines, witness } = twoStarts();
const text = (at: number): string => lines[at] ?? "";

test("a log as it was written is whole, and what had no signature when the bottle crashed is said", () => {
  expect(check(lines, witness)).toEqual({
    ok: true, lines: 10, launches: 2, tail: 0, gaps: [{ from: 5, lines: 2 }], closed: true, witnessed: { line: 10, time: "2026-01-02T03:04:06.000Z" },
  });
});

test("while a bottle runs, or after a crash, the lines without a signature are counted, and a line that was never finished is no fault", () => {
  expect(check(lines.slice(0, 6), witness.slice(0, 3), 40)).toEqual({
    ok: true, lines: 6, launches: 1, tail: 2, gaps: [], closed: false, witnessed: { line: 4, time: "2026-01-02T03:04:06.000Z" },
  });
});

test("without a witness lines and signatures can agree, but nothing says whose these are", () => {
  expect(check(lines, undefined)).toEqual({ ok: true, lines: 10, launches: 2, tail: 0, gaps: [{ from: 5, lines: 2 }], closed: true });
  expect(check([], undefined)).toEqual({ ok: true, lines: 0, launches: 0, tail: 0, gaps: [], closed: false });
});

test("a launch that was announced and came to write nothing is no fault, and its key counts nowhere else", () => {
  const [early, late] = [launchKey(), launchKey()];
  const empty = announced({ seq: 4, hash: "0".repeat(64), key: early.key });
  expect(check(lines, [...witness, empty])).toMatchObject({ ok: true, launches: 2 });
  for (const key of [early, late]) {
    const log = new SignedLog(identity, lines);
    log.checkpoint(key);
    expect(check(log.lines, [...witness, empty])).toEqual({ ok: false, line: 11, reason: "It is signed with a key that no launch of this bottle had here." });
  }
});

test("lines of a version that did not sign, before the first that did, are a gap", () => {
  const log = new SignedLog(identity);
  log.add(event("old"));
  const head = log.checkpoint(first, true);
  expect(check(log.lines, [announced(head), seen(head)])).toMatchObject({ ok: true, launches: 1, gaps: [{ from: 1, lines: 1 }] });
});

/** The whole log from a line on, made anew by somebody with a key of their own. */
function forged(from: number): readonly string[] {
  const log = new SignedLog(identity, lines.slice(0, from));
  log.checkpoint(stranger);
  log.add(event("never happened"));
  log.checkpoint(stranger, true);
  return log.lines;
}

function resigned(at: number): readonly string[] {
  const log = new SignedLog(identity, lines.slice(0, at));
  log.checkpoint(stranger);
  return [...log.lines, ...lines.slice(at + 1)];
}

function continued(from: number, ...texts: readonly string[]): readonly string[] {
  const log = new SignedLog(identity, lines.slice(0, from));
  for (const each of texts) log.add(event(each));
  return log.lines;
}

function othersLines(): readonly string[] {
  const log = new SignedLog("other-00000");
  log.checkpoint(first);
  log.add(event("a"));
  return log.lines;
}

const before = "The line before it was changed, added or removed.";
const cut = /^The log ends here, and the witness saw line 10 \(.*\): lines were cut off its end\.$/;
const strange = "It is signed with a key that no launch of this bottle had here.";
const late = "It was added after the bottle had ended and its log was closed.";
test.each<[string, readonly string[], number, string | RegExp]>([
  ["a changed line", lines.with(1, text(1).replace("\"a\"", "\"x\"")), 3, before],
  ["a changed line right before a checkpoint", lines.with(2, text(2).replace("\"b\"", "\"x\"")), 4, before],
  ["a removed line", lines.toSpliced(1, 1), 2, before],
  ["a removed checkpoint", lines.toSpliced(3, 1), 4, before],
  ["a removed first line", lines.slice(1), 1, before],
  ["a doubled line", lines.toSpliced(2, 0, text(1)), 3, before],
  ["swapped lines", lines.with(1, text(2)).with(2, text(1)), 2, before],
  ["the last line cut off", lines.slice(0, 9), 10, cut],
  ["the last lines cut off down to a checkpoint", lines.slice(0, 7), 8, cut],
  ["the last lines cut off down to the start before", lines.slice(0, 4), 5, cut],
  ["everything cut off", [], 1, cut],
  ["half a line at the end of a log that was cut", lines.slice(0, 8), 9, cut],
  ["a line added at the end", continued(10, "late"), 11, late],
  ["lines of the crash that were made anew with their chain", [...continued(4, "c", "x"), ...lines.slice(6)], 7, before],
  ["everything made anew with another key", forged(0), 1, strange],
  ["a start that never was, after the end", forged(10), 11, strange],
  ["an end that never was, after a checkpoint", forged(4), 5, strange],
  ["a checkpoint made anew with another key", resigned(3), 4, strange],
  ["a checkpoint with a signature of elsewhere", lines.with(3, text(3).replace(/"signature":"[^"]*"/, /"signature":"[^"]*"/.exec(text(6))?.[0] ?? "")), 4, "Its signature is not right: it, or something before it, was changed."],
  ["a log that is not closed any more", [...lines.slice(0, 9), text(9).replace("\"closed\":true,", "")], 10, "Its signature is not right: it, or something before it, was changed."],
  ["another bottle's log", othersLines(), 1, "It belongs to another bottle."],
  ["a line that is none", lines.with(4, "{}"), 5, /is not as bottle writes it/],
])("%s shows", (_, changed, line, reason) => {
  expect(check(changed, witness)).toEqual({ ok: false, line, reason: typeof reason === "string" ? reason : expect.stringMatching(reason) });
});

test("a checkpoint of the same key after the end shows, and so does half a line", () => {
  const log = new SignedLog(identity, lines);
  log.checkpoint(second);
  expect(check(log.lines, witness)).toEqual({ ok: false, line: 11, reason: late });
  expect(check(lines, witness, 3)).toMatchObject({ ok: false, line: 11, reason: "Something was added after the bottle had ended and its log was closed." });
});

test("an older state with all its signatures shows by the witness alone, and a log the witness saw otherwise as well", () => {
  const again = new SignedLog(identity, lines.slice(0, 4));
  again.checkpoint(first, true);
  expect(check(again.lines, witness.slice(0, 3))).toMatchObject({ ok: true, closed: true });
  expect(check(again.lines, witness)).toMatchObject({ ok: false, reason: expect.stringMatching(cut) as string });
  const other = seen({ ...(witness[2] as AuditHead), hash: "0".repeat(64) });
  expect(check(lines, witness.with(2, other))).toEqual({ ok: false, line: 4, reason: "The witness saw another line here (2026-01-02T03:04:06.000Z)." });
});

describe("any one changed byte", () => {
  const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(""));
  const decode = (changed: Buffer): readonly string[] | undefined => {
    try {
      return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(changed).split("\n");
    } catch {
      return undefined;
    }
  };

  test("of the log shows, its checkpoints and line ends included", () => {
    fc.assert(fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(at) ^ flip, at);
      const all = decode(changed);
      if (all === undefined) return;
      const torn = all.at(-1) ?? "";
      expect(check(all.slice(0, -1), witness, torn.length)).toMatchObject({ ok: false });
    }), { numRuns: 600 });
  });
});

test("a witness is read as it was written, and anything else is refused", () => {
  const entries: readonly WitnessEntry[] = [...witness, { time: "2026-01-02T03:04:07.000Z", died: "exit status 1" }];
  expect(parseWitness(formatWitness(entries))).toEqual(entries);
  expect(parseWitness("")).toEqual([]);
  for (const bad of ["{}\n", "x", `${formatWitness(entries)}{`, formatWitness(entries).replace("\"seq\":0", "\"seq\":-1")]) {
    expect(() => parseWitness(bad)).toThrow(expect.objectContaining({ code: "witness-invalid" }));
  }
});
