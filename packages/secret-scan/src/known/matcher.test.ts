import fc from "fast-check";
import { expect, test } from "vitest";
import { createCarry, createMatcher } from "./matcher.ts";
import type { Needle } from "./needles.ts";

const isNoise = (char: string): boolean => !/[A-Za-z0-9]/.test(char);
const stripped = (text: string): string => [...text].filter((char) => !isNoise(char)).join("");
const toNeedle = (text: string, secret: number): Needle => ({ secret, bytes: Buffer.from(text), isFolded: secret % 2 === 1, via: [] });

function search(texts: readonly string[], among: string): ReadonlySet<number> {
  const text = stripped(among);
  return new Set(texts.flatMap((needle, index) => (index % 2 === 1 ? text.toLowerCase().includes(needle.toLowerCase()) : text.includes(needle)) ? [index] : []));
}

const needles = fc.uniqueArray(fc.string({ unit: fc.constantFrom("a", "b", "A", "1"), minLength: 4, maxLength: 9 }), { minLength: 1, maxLength: 20 });
const noisy = fc.string({ unit: fc.constantFrom("a", "b", "A", "B", "1", "-", " "), maxLength: 120 });

test("what is found is what a search for each needle in the text without its noise finds, wherever the text is cut", () => {
  fc.assert(fc.property(needles, noisy, fc.array(fc.nat(120), { maxLength: 4 }), (texts, among, cuts) => {
    const found = new Set<number>();
    const matcher = createMatcher(texts.map(toNeedle), []);
    const carry = createCarry();
    const places = [0, ...cuts.map((cut) => Math.min(cut, among.length)).sort((a, b) => a - b), among.length];
    for (const [index, from] of places.slice(0, -1).entries()) {
      const piece = Buffer.from(among.slice(from, places[index + 1]));
      matcher.find(piece, 0, piece.length, ({ secret }) => found.add(secret), carry);
    }
    expect(found).toEqual(search(texts, among));
  }), { numRuns: 3_000 });
});

test("a value is found whatever noise is between its characters, dense or sparse", () => {
  const value = "abcdefgh12345678";
  const matcher = createMatcher([toNeedle(value, 0)], []);
  const before = fc.string({ unit: fc.constantFrom("z", "a", "-", " "), maxLength: 40 });
  fc.assert(fc.property(before, fc.array(fc.nat(8), { minLength: value.length, maxLength: value.length }), (ahead, gaps) => {
    const text = Buffer.from(`${ahead}${[...value].map((char, index) => char + "-".repeat(gaps[index] ?? 0)).join("")}`);
    let count = 0;
    matcher.find(text, 0, text.length, () => { count += 1; });
    expect(count).toBe(1);
  }), { numRuns: 3_000 });
});

test("a carry that was filled by a matcher of longer needles goes on in one of shorter needles", () => {
  const carry = createCarry();
  const long = createMatcher([toNeedle("x".repeat(100_000), 0)], []);
  long.find(Buffer.alloc(90_000, "y"), 0, 90_000, () => {}, carry);
  const found: number[] = [];
  const short = createMatcher([toNeedle("yyyabcdef", 0)], []);
  short.find(Buffer.from("abcdef"), 0, 6, ({ secret }) => found.push(secret), carry);
  expect([found, carry.length]).toEqual([[0], 9]);
});

test("a value is found across the blocks of a long text", () => {
  const matcher = createMatcher([toNeedle("abcdefgh12345678", 0)], []);
  for (const before of [65_520, 65_528, 65_536, 131_064]) {
    const text = Buffer.from(`${"z".repeat(before)}abcd-efgh-1234-5678zz`);
    let count = 0;
    matcher.find(text, 0, text.length, () => { count += 1; });
    expect(count).toBe(1);
  }
});

test("a value with noise in it is found at every place around a block's border, in text and in what is noise for the most part", () => {
  const value = "s3cret-Value-0123456789abcdef";
  const matcher = createMatcher([toNeedle(stripped(value), 0), toNeedle("another0needle", 0)], []);
  const fillers = [(length: number) => "lorem ipsum ".repeat(1_000).slice(0, length), (length: number) => " ".repeat(length), (length: number) => "0 - 1 - ".repeat(1_000).slice(0, length), (length: number) => "ef".repeat(5_000).slice(0, length)];
  for (const filler of fillers) {
    for (const spelt of [value, [...value].join(" "), [...value].join(" ".repeat(40)), `s3c${" ".repeat(4_090)}ret-Value-0123456789abcd${"\n".repeat(9)}ef`]) {
      for (let before = 4_096 - 40; before <= 4_100; before += 3) {
        const text = Buffer.from(`${filler(before)}${spelt}${filler(50)}`);
        let count = 0;
        matcher.find(text, 0, text.length, () => { count += 1; });
        expect(count).toBe(1);
      }
    }
  }
});

test("what is found in long texts of few characters, in pieces, is what a search in the text without its noise finds", () => {
  const long = fc.array(fc.constantFrom("ab1a", "b-a", "1", "A", "B1", "-".repeat(50), " ", "ba".repeat(30), "- 1 - b ".repeat(200), "z".repeat(300)), { maxLength: 60 }).map((pieces) => pieces.join(""));
  const texts = fc.uniqueArray(fc.string({ unit: fc.constantFrom("a", "b", "A", "1"), minLength: 6, maxLength: 14 }), { minLength: 1, maxLength: 12 });
  fc.assert(fc.property(texts, long, fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 3 }), (needlesIn, among, cuts) => {
    const found = new Set<number>();
    const matcher = createMatcher(needlesIn.map(toNeedle), []);
    const carry = createCarry();
    const places = [0, ...cuts.map((cut) => Math.floor(cut * among.length)).sort((a, b) => a - b), among.length];
    for (const [index, from] of places.slice(0, -1).entries()) {
      const piece = Buffer.from(among.slice(from, places[index + 1]));
      matcher.find(piece, 0, piece.length, ({ secret }) => found.add(secret), carry);
    }
    expect(found).toEqual(search(needlesIn, among));
  }), { numRuns: 1_000 });
});
