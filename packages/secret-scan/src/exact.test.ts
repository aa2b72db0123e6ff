import fc from "fast-check";
import { expect, test } from "vitest";
import { createExactFinder } from "./exact.ts";

const sorted = (ranges: readonly (readonly number[])[]): readonly string[] => ranges.map(String).sort();

function search(texts: readonly Buffer[], bytes: Buffer): readonly string[] {
  const found: number[][] = [];
  for (const text of texts) {
    if (text.length === 0) continue;
    for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1)) found.push([at, at + text.length]);
  }
  return sorted(found);
}

function find(texts: readonly Buffer[], bytes: Buffer): readonly string[] {
  const found: number[][] = [];
  createExactFinder(texts).find(bytes, (from, to) => found.push([from, to]));
  return sorted(found);
}

const short = fc.uint8Array({ max: 2, maxLength: 8 }).map((bytes) => Buffer.from(bytes));

test("every text is found wherever it is, as a search for each alone finds it, also where they overlap", () => {
  fc.assert(fc.property(fc.array(short, { maxLength: 8 }), fc.uint8Array({ max: 2, maxLength: 80 }), (texts, bytes) => {
    expect(find(texts, Buffer.from(bytes))).toEqual(search(texts, Buffer.from(bytes)));
  }), { numRuns: 3_000 });
});

test("long texts of any bytes are found at the beginning, between and at the end", () => {
  const any = fc.uint8Array({ minLength: 3, maxLength: 400 });
  fc.assert(fc.property(fc.array(any, { minLength: 1, maxLength: 6 }), fc.array(any, { maxLength: 3 }), fc.nat(), (texts, between, seed) => {
    const needles = texts.map((text) => Buffer.from(text));
    const bytes = Buffer.concat([...between, needles[seed % needles.length] ?? "", ...between.toReversed(), needles.at(-1) ?? ""].map((part) => Buffer.from(part)));
    const found = find(needles, bytes);
    expect(found).toEqual(search(needles, bytes));
    expect(found.length).toBeGreaterThan(0);
  }), { numRuns: 500 });
});
