import type { AuditEvent, AuditHead } from "@bottle/manifest";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { holdEarly } from "./hold-early.ts";
import { createHeadTeller } from "./tell-heads.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const head = (seq: number, closed = false): AuditHead => ({ seq, hash: "a".repeat(64), key: "k".repeat(43), ...(closed && { closed: true as const }) });

test("the first checkpoint and the closing one are told at once, of those between the newest once a minute", () => {
  const told: number[] = [];
  using heads = createHeadTeller(({ seq }) => void told.push(seq));
  for (let seq = 0; seq < 200; seq += 1) {
    heads.take(head(seq));
    vi.advanceTimersByTime(1000);
  }
  expect(told).toEqual([0, 60, 120, 180]);
  heads.take(head(200, true));
  expect(told).toEqual([0, 60, 120, 180, 200]);
  vi.advanceTimersByTime(600_000);
  expect(told.length).toBe(5);
});

test("what is still to be told is told at the end, and nothing twice", () => {
  const told: number[] = [];
  const heads = createHeadTeller(({ seq }) => void told.push(seq));
  for (const seq of [0, 1, 2]) heads.take(head(seq));
  heads[Symbol.dispose]();
  heads[Symbol.dispose]();
  expect(told).toEqual([0, 2]);
});

test("what is recorded while the sidecars start comes before the first event after, and not at all if there is none", () => {
  const written: (string | undefined)[] = [];
  const log = holdEarly({ append: (event) => void written.push("detail" in event ? event.detail : undefined) });
  const note = (detail: string): AuditEvent => ({ type: "control", op: "note", outcome: "done", detail });
  for (const detail of ["one", "two"]) log.append(note(detail));
  log.release();
  expect(written).toEqual([]);
  for (const detail of ["three", "four"]) log.append(note(detail));
  expect(written).toEqual(["one", "two", "three", "four"]);
});
