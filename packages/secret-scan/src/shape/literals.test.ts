import fc from "fast-check";
import { expect, test } from "vitest";
import { patterns } from "../patterns/index.ts";
import { createLiteralFinder } from "./literals.ts";

const sorted = (places: readonly string[]): readonly string[] => [...places].sort();

function search(texts: readonly string[], bytes: Buffer): readonly string[] {
  const text = bytes.toString("latin1").replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
  return texts.flatMap((literal, index) => {
    const places: string[] = [];
    for (let at = text.indexOf(literal); at !== -1; at = text.indexOf(literal, at + 1)) places.push(`${index} ${at}`);
    return places;
  });
}

function find(texts: readonly string[], bytes: Buffer): readonly string[] {
  const places: string[] = [];
  createLiteralFinder(texts).find(bytes, (index, at) => places.push(`${index} ${at}`));
  return places;
}

test("every literal is found wherever it stands, once, in any case, as a search for each alone finds it", () => {
  const few = fc.string({ unit: fc.constantFrom("a", "b", "c", "_", "1"), minLength: 3, maxLength: 6 });
  const text = fc.string({ unit: fc.constantFrom("a", "A", "b", "B", "c", "C", "_", "1", " "), maxLength: 300 });
  fc.assert(fc.property(fc.uniqueArray(few, { maxLength: 12 }), text, (texts, among) => {
    const bytes = Buffer.from(among);
    expect(sorted(find(texts, bytes))).toEqual(sorted(search(texts, bytes)));
  }), { numRuns: 2_000 });
});

test("the literals of all patterns are found within any bytes, at an even place and an odd one, at the beginning and the end", () => {
  const texts = patterns.flatMap(({ literals }) => literals).filter((text) => text.length >= 3);
  const finder = createLiteralFinder(texts);
  fc.assert(fc.property(fc.uint8Array({ maxLength: 9 }), fc.uint8Array({ maxLength: 9 }), fc.nat(texts.length - 1), fc.constantFrom(0, 150), (before, after, index, far) => {
    const bytes = Buffer.concat([before, Buffer.from(texts[index] ?? ""), Buffer.alloc(far), after]);
    const places: string[] = [];
    finder.find(bytes, (found, at) => places.push(`${found} ${at}`));
    expect(sorted(places)).toEqual(sorted(search(texts, bytes)));
  }), { numRuns: 3_000 });
});
