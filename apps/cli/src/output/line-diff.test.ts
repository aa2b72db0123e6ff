import { expect, test } from "vitest";
import { lineDiff, linesOf } from "./line-diff.ts";

const shown = (before: string, after: string): string => lineDiff(linesOf(before), linesOf(after)).map(({ mark, text }) => `${mark}${text}`).join("\n");

test.each([
  ["nothing", "", "", ""],
  ["a new text", "", "a\nb\n", "+a\n+b"],
  ["no text any more", "a\n", "", "-a"],
  ["a line between", "a\nc\n", "a\nb\nc\n", " a\n+b\n c"],
  ["another line", "a\nb\nc\n", "a\nx\nc\n", " a\n-b\n+x\n c"],
  ["the same", "a\n", "a\n", " a"],
])("%s", (_, before, after, expected) => {
  expect(shown(before, after)).toBe(expected);
});

test("what stays and goes is the old text, what stays and comes is the new one", () => {
  const texts = (length: number): readonly (readonly string[])[] => (length === 0 ? [[]] : texts(length - 1).flatMap((text) => (text.length === length - 1 ? [text, [...text, "a"], [...text, "b"]] : [text])));
  for (const before of texts(4)) {
    for (const after of texts(4)) {
      const diff = lineDiff(before, after);
      expect(diff.filter(({ mark }) => mark !== "+").map(({ text }) => text)).toEqual(before);
      expect(diff.filter(({ mark }) => mark !== "-").map(({ text }) => text)).toEqual(after);
    }
  }
});

test("texts made to take long are shown whole, at once", () => {
  const many = (character: string): readonly string[] => Array.from({ length: 65_000 }, (_, index) => `${character}${index}`);
  const began = performance.now();
  const diff = lineDiff(many("a"), many("b"));
  expect([diff.filter(({ mark }) => mark === "-").length, diff.filter(({ mark }) => mark === "+").length]).toEqual([65_000, 65_000]);
  expect(performance.now() - began).toBeLessThan(2000);
});
