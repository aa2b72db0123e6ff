import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { isBase64, isEscapeBegin, isHexOrBetween, isKept, isStrange } from "../bytes.ts";
import { findRuns } from "../decode/runs.ts";
import { blockBytes, loops, markBytes, slotBits } from "./index.ts";
import type { Loops, SixteenClass } from "./loops.ts";
import { plainLoops } from "./plain.ts";
import { createSearch } from "./search.ts";
import { createVectorLoops } from "./vector.ts";

const piece = fc.oneof(fc.constantFrom("a", " ", "-", "=", ".", "\n", "z", "é", "\u0001", "0x41, ", "\\", "%", "&", "\u007f"), fc.nat(40).map((length) => "aZ_0".repeat(length).slice(3)),
  fc.nat(20).map((length) => "5c ".repeat(length)), fc.nat(200).map((length) => " lorem ipsum".repeat(length)));
const texts = fc.tuple(fc.array(piece, { maxLength: 40 }), fc.constantFrom("utf8", "latin1"), fc.nat(20)).map(([pieces, encoding, start]) => Buffer.from(pieces.join(""), encoding).subarray(start));
const bytes = fc.oneof(texts, fc.uint8Array({ maxLength: 600 }));
// What ends near the end of a block.
const long = fc.tuple(bytes, fc.integer({ min: -60, max: 60 }), bytes).map(([first, more, then]) => {
  const all = new Uint8Array(blockBytes + more + then.length).fill(0x41, 0, first.length % 7 === 0 ? blockBytes : 0);
  all.set(first);
  all.set(then, blockBytes + more);
  return all;
});
const given = fc.oneof({ arbitrary: bytes, weight: 15 }, { arbitrary: long, weight: 1 });

test("a survey tells the runs of a text, and how much in it is strange, as a look for each does", () => {
  fc.assert(fc.property(given, (text) => {
    const expected = { digits: findRuns(text, isBase64, 16), hex: findRuns(text, isHexOrBetween, 16), strange: text.filter((byte) => isStrange[byte] === 1).length };
    for (const { survey } of [loops, plainLoops]) expect(survey(text)).toEqual(expected);
  }), { numRuns: 2_000 });
});

test("what is stripped of noise is what a filter leaves, wherever it begins and is put", () => {
  fc.assert(fc.property(given, fc.nat(40), fc.nat(40), fc.nat(20), (text, skipped, left, start) => {
    const from = Math.min(skipped, text.length);
    const to = Math.max(from, text.length - left);
    const expected = text.subarray(from, to).filter((byte) => isKept[byte] === 1);
    for (const { strip } of [loops, plainLoops]) {
      const into = new Uint8Array(start + expected.length + 40).fill(1);
      const end = strip(text, [from, to], into, start);
      expect(end).toBe(start + expected.length);
      expect(Buffer.compare(into.subarray(0, end), Buffer.concat([Buffer.alloc(start, 1), expected]))).toBe(0);
    }
  }), { numRuns: 2_000 });
});

test("the same places are marked by the filter at hand, sixteen bytes at a time as one after the other", () => {
  const filters = [3, 7, 64].map((density) => Uint8Array.from({ length: 1 << slotBits }, (_, slot) => slot % density === 0 ? markBytes : 0));
  const marked = ({ mark, marks }: Loops, text: Uint8Array, filter: Uint8Array): readonly number[] => {
    const places: number[] = [];
    for (let from = 0; from < text.length; from += blockBytes) {
      const count = mark(text, from, filter);
      places.push(...marks.subarray(0, count));
    }
    return places;
  };
  fc.assert(fc.property(given, fc.constantFrom(...filters), (text, filter) => {
    expect(marked(loops, text, filter)).toEqual(marked(plainLoops, text, filter));
  }), { numRuns: 2_000 });
});

test("sixteen bytes are marked if any of them is of the class", () => {
  const marked = ({ markSixteens, marks }: Loops, text: Uint8Array, which: SixteenClass): readonly number[] => {
    const places: number[] = [];
    for (let from = 0; from < text.length; from += blockBytes) {
      const count = markSixteens(text, from, which);
      places.push(...marks.subarray(0, count));
    }
    return places;
  };
  fc.assert(fc.property(given, fc.constantFrom("escape", "strange"), (text, which) => {
    const isOne = which === "escape" ? isEscapeBegin : isStrange;
    const expected = Array.from({ length: Math.ceil(text.length / 16) }, (_, index) => index * 16).filter((place) => text.subarray(place, place + 16).some((byte) => isOne[byte] === 1));
    for (const one of [loops, plainLoops]) expect(marked(one, text, which)).toEqual(expected);
  }), { numRuns: 2_000 });
});

test("a search finds each byte of its class in order, from any place on that only grows", () => {
  fc.assert(fc.property(given, fc.constantFrom("escape", "strange"), fc.array(fc.nat(700), { maxLength: 20 }), (text, which, steps) => {
    const isOne = which === "escape" ? isEscapeBegin : isStrange;
    const next = createSearch(text, which);
    let from = 0;
    for (const step of [...steps, 0, blockBytes]) {
      from += step;
      expect(next(from)).toBe(text.findIndex((byte, at) => at >= from && isOne[byte] === 1));
    }
  }), { numRuns: 1_000 });
});

test("control characters and broken ones are counted, also at a block's end", () => {
  fc.assert(fc.property(given, (text) => {
    const controls = text.filter((byte) => byte < 0x20 && isStrange[byte] === 1).length;
    const broken = text.filter((byte, at) => byte >= 0xc0 && ((text[at + 1] ?? 0) & 0xc0) !== 0x80).length;
    for (const { tally } of [loops, plainLoops]) expect(tally(text)).toEqual({ controls, broken });
  }), { numRuns: 2_000 });
});

test("the loops are those of WebAssembly where there is one, and plain ones where there is none", () => {
  expect(loops).not.toBe(plainLoops);
  vi.stubGlobal("WebAssembly", undefined);
  expect(createVectorLoops()).toBe(undefined);
  vi.unstubAllGlobals();
});
