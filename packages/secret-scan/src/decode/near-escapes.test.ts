import fc from "fast-check";
import { expect, test } from "vitest";
import { patterns } from "../patterns/index.ts";
import { createSieve } from "../sieve.ts";
import { createBudget, defaultLimits } from "../limits.ts";
import { respell } from "./respell.ts";
import { nearEscapes } from "./near-escapes.ts";
import { formExamples } from "../testing/form-examples.ts";
import { seeded } from "../testing/seeded.ts";
import { serviceExamples } from "../testing/service-examples.ts";

const around = 512;
const sieve = createSieve({ known: [], canaries: [], patterns, packs: [] });
const rulesIn = (bytes: Uint8Array): readonly string[] => {
  const found = new Set<string>();
  sieve.sift(bytes, { where: "", via: [], budget: createBudget(defaultLimits, bytes.length), report: ({ rule }) => void found.add(rule) });
  return [...found].sort();
};
const padding = `${"lorem ipsum dolor sit amet, ".repeat(100)}\n`;

test("what is near no escape is left out, and lines are whole words", () => {
  const text = Buffer.from(`${padding}a\\n b${padding}`);
  const near = nearEscapes(text, around).toString();
  expect(near.length).toBeLessThan(1_400);
  expect(near).toContain("a\\n b");
  expect(padding).toContain(near.slice(0, near.indexOf(" ") + 20));
  expect(nearEscapes(Buffer.from(padding), around).length).toBe(0);
});

test("a row of escapes, or one long word, takes time in proportion to its length", () => {
  for (const text of ["\\n".repeat(500_000), `\\n${"a".repeat(1_000_000)}`, `\\n${"a".repeat(300)}`.repeat(4_000), `\\n${"a".repeat(1_300)}`.repeat(4_000), "&amp".repeat(250_000), "%41 ".repeat(250_000)]) {
    const before = process.threadCpuUsage().user;
    nearEscapes(Buffer.from(text), around);
    expect(process.threadCpuUsage().user - before).toBeLessThan(3_000_000);
  }
});

test("whatever an escape is put in, what is found near it is what is found in the whole text without escapes", () => {
  const random = seeded(3);
  const examples = Object.entries({ ...serviceExamples, ...formExamples });
  const escape = fc.constantFrom("\\n", "\\t", "\\\"", "\\\\", "\\/", "\\x41", "\\u0041", "%41", "%0a", "&quot;", "&#65;", "\\n\\n");
  fc.assert(fc.property(fc.nat(examples.length - 1), escape, fc.double({ min: -0.2, max: 1.2, noNaN: true }), (index, put, place) => {
    const example = examples[index]?.[1].make(random) ?? "";
    const text = `${padding} = ${example} ${padding}`;
    const at = Math.max(0, Math.min(text.length, padding.length + 3 + Math.round(place * example.length)));
    const bytes = Buffer.from(`${text.slice(0, at)}${put}${text.slice(at)}`);
    const own = rulesIn(bytes);
    const whole = respell(bytes).flatMap((one) => rulesIn(one.text));
    const near = respell(bytes, around).flatMap((one) => rulesIn(one.text));
    for (const rule of whole) expect([...own, ...near]).toContain(rule);
  }), { numRuns: 600 });
});
