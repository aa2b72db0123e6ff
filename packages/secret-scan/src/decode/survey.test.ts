import fc from "fast-check";
import { expect, test } from "vitest";
import { isBase64, isHexOrBetween, isStrange } from "../bytes.ts";
import { findRuns } from "./runs.ts";
import { survey } from "./survey.ts";

test("the runs of a text, and how much in it is strange at most, are as a look for each tells", () => {
  const piece = fc.oneof(fc.constantFrom("a", " ", "-", "=", ".", "\n", "z", "é", "\u0001", "0x41, "), fc.nat(40).map((length) => "aZ_0".repeat(length).slice(3)), fc.nat(20).map((length) => "5c ".repeat(length)));
  fc.assert(fc.property(fc.array(piece, { maxLength: 12 }), fc.nat(9), fc.constantFrom("utf8", "latin1"), (pieces, start, encoding) => {
    const bytes = Buffer.from(pieces.join(""), encoding).subarray(start);
    const strange = bytes.filter((byte) => isStrange[byte] === 1).length;
    const { digits, hex, mostStrange } = survey(bytes);
    expect({ digits, hex }).toEqual({ digits: findRuns(bytes, isBase64, 16), hex: findRuns(bytes, isHexOrBetween, 16) });
    expect(mostStrange).toBeGreaterThanOrEqual(strange);
    expect(mostStrange > 0).toBe(strange > 0);
  }), { numRuns: 3_000 });
});
