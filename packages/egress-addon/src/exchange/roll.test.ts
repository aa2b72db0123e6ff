import fc from "fast-check";
import { expect, test } from "vitest";
import { type Entry, Roll } from "./roll.ts";

test("who entered and has not left is on it, in whatever order they come and go, and however often they leave", () => {
  fc.assert(fc.property(fc.array(fc.option(fc.nat(30))), (steps) => {
    const roll = new Roll<number>();
    const known: Entry<number>[] = [];
    const expected = new Set<number>();
    for (const step of steps) {
      const leaving = step === null ? undefined : known[step];
      if (leaving === undefined) {
        expected.add(known.length);
        known.push(roll.enter(known.length));
      } else {
        expected.delete(leaving.item);
        roll.leave(leaving);
      }
      expect([...roll].sort((a, b) => a - b)).toEqual([...expected]);
      expect(roll.size).toBe(expected.size);
    }
  }));
});

test("who leaves while all are gone through does not disturb that", () => {
  const roll = new Roll<number>();
  const entries = [0, 1, 2, 3].map((item) => roll.enter(item));
  const seen: number[] = [];
  for (const item of roll) {
    seen.push(item);
    for (const entry of entries) roll.leave(entry);
  }
  expect([seen, roll.size]).toEqual([[0, 1, 2, 3], 0]);
});
