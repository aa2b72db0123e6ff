import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { base64Runs } from "../decode/base64.ts";
import { normalise } from "../normalise/index.ts";
import type { SecretPattern } from "../pattern.ts";
import { formExamples } from "../testing/form-examples.ts";
import { seeded } from "../testing/seeded.ts";
import { serviceExamples } from "../testing/service-examples.ts";
import { patterns } from "./index.ts";

const examples = { ...serviceExamples, ...formExamples };
const seeds = Array.from({ length: 12 }, (_, seed) => seed);

function finds(pattern: SecretPattern, text: string): readonly string[] {
  return [...text.matchAll(pattern.regexp)].map(([match]) => match).filter((match) => pattern.check?.(match) ?? true);
}

test("every pattern has one id, and every id its examples", () => {
  expect(new Set(patterns.map(({ id }) => id)).size).toBe(patterns.length);
  expect(patterns.map(({ id }) => id).toSorted()).toEqual(Object.keys(examples).toSorted());
  for (const { id } of patterns) expect(id).toMatch(/^[a-z0-9]+(?:-[a-z0-9]+)*$/);
});

describe.each(patterns.map((pattern) => [pattern.id, pattern] as const))("%s", (id, pattern) => {
  const example = examples[id];
  if (example === undefined) throw new Error(`no example of ${id}`);

  test("is found alone, in a text, in quotes and in JSON", () => {
    for (const seed of seeds) {
      const secret = example.make(seeded(seed));
      expect(finds(pattern, secret), secret).toHaveLength(1);
      for (const text of [`see ${secret} there`, `{"note":${JSON.stringify(secret)}}`, `a=1\n${secret}\nb=2`]) {
        expect(finds(pattern, text), text).toHaveLength(1);
      }
    }
  });

  test("is found in what normalising makes of it, hidden or not", () => {
    for (const seed of seeds) {
      const secret = example.make(seeded(seed));
      expect(finds(pattern, normalise(secret))).toHaveLength(1);
      expect(finds(pattern, normalise([...secret].join("\u200b")))).toHaveLength(1);
      expect(finds(pattern, normalise(secret.replaceAll("a", "\u0430").replaceAll("T", "\u0422").replaceAll("1", "\uff11")))).toHaveLength(1);
    }
  });

  test("has one of its literals in every match", () => {
    for (const seed of seeds) {
      for (const match of finds(pattern, example.make(seeded(seed)))) {
        expect(pattern.literals.some((literal) => match.toLowerCase().includes(literal)), match).toBe(true);
      }
    }
    const { startsWithin } = pattern;
    for (const seed of startsWithin === undefined ? [] : seeds) {
      const text = `x ${example.make(seeded(seed))} y`;
      for (const { 0: match, index } of text.matchAll(pattern.regexp)) {
        if (!(pattern.check?.(match) ?? true)) continue;
        const places = pattern.literals.map((literal) => text.toLowerCase().indexOf(literal, index)).filter((place) => place !== -1);
        expect(Math.min(...places) - index, match).toBeLessThanOrEqual(startsWithin ?? 0);
      }
    }
    for (const literal of pattern.literals) expect(literal).toMatch(/^[\x20-\x40\x5b-\x7e]{2,}$/);
    for (const seed of pattern.isToken === true ? seeds : []) {
      const match = finds(pattern, example.make(seeded(seed)))[0] ?? "";
      expect(pattern.literals.some((literal) => match.toLowerCase().startsWith(literal)), match).toBe(true);
      expect(base64Runs(Buffer.from(match))[0]?.[0], match).toBeLessThanOrEqual(8);
      for (const before of ["a", "Z", "0"]) expect(finds(pattern, `${before}${match}`).includes(match), match).toBe(false);
    }
  });

  test("is not seen in what only looks like it", () => {
    for (const seed of seeds) {
      const near = example.near(seeded(seed + 100));
      expect(near.length).toBeGreaterThanOrEqual(2);
      for (const text of near) expect(finds(pattern, text), text).toEqual([]);
    }
  });

  test("has a check that takes any text", () => {
    fc.assert(fc.property(fc.oneof(fc.string({ unit: "binary", maxLength: 300 }), fc.base64String({ maxLength: 300 })), (text) => {
      expect(typeof (pattern.check?.(text) ?? true)).toBe("boolean");
    }), { numRuns: 100 });
  });
});
