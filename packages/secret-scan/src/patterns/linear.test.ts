import { describe, expect, test } from "vitest";
import type { SecretPattern } from "../pattern.ts";
import { formExamples } from "../testing/form-examples.ts";
import { seeded } from "../testing/seeded.ts";
import { serviceExamples } from "../testing/service-examples.ts";
import { patterns } from "./index.ts";

const examples = { ...serviceExamples, ...formExamples };
const whole = 200_000;
const tick = 4000;

// What comes of a repeat that is unbounded, and of one that has another within it (an optional group may have one).
function faults(source: string): readonly string[] {
  const bare = source.replaceAll(/\\./g, "e").replaceAll(/\[[^\]]{0,200}\]/g, "c");
  const unbounded = [...bare.matchAll(/(?<!\()[*+]|\{\d+,\}/g)].map(([sign]) => `unbounded ${sign}`);
  const nested = groups(bare).filter(({ inside, after }) => /[*+}]/.test(inside) && /^[*+{]/.test(after)).map(({ inside }) => `nested (${inside})`);
  return [...unbounded, ...nested];
}

function groups(bare: string): readonly { readonly inside: string; readonly after: string }[] {
  const open: number[] = [];
  const found: { inside: string; after: string }[] = [];
  for (const [at, char] of [...bare].entries()) {
    if (char === "(") open.push(at);
    if (char === ")") found.push({ inside: bare.slice((open.pop() ?? 0) + 1, at), after: bare.slice(at + 1) });
  }
  return found;
}

function fill(piece: string, length: number): string {
  return piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
}

// Of this thread alone, in microseconds, by a clock that ticks every four milliseconds.
function cost(run: () => void): number {
  const before = process.threadCpuUsage();
  run();
  return process.threadCpuUsage(before).user;
}

function scan({ regexp, check }: SecretPattern, text: string): void {
  for (const [match] of text.matchAll(regexp)) check?.(match);
}

test("a search in square of the length is told by its time, at a twentieth of that length", () => {
  const square = { id: "square", title: "", severity: "low", literals: [], regexp: /a{1,200000}b/g } satisfies SecretPattern;
  expect(cost(() => scan(square, fill("a", whole / 20)))).toBeGreaterThan(20 * tick);
});

test("what is not linear is told by its source", () => {
  expect(["(?:a{1,5}){1,5}", "a+", "a*b", "a{3,}", "(?:a|b{2}){3}"].map((source) => faults(source).length > 0)).toEqual([true, true, true, true, true]);
  expect(faults("a{1,5}(?:b{2})?[*+]\\+(?<!x)(?:c|d){1,9}")).toEqual([]);
});

describe.each(patterns.map((pattern) => [pattern.id, pattern] as const))("%s", (id, pattern) => {
  const { regexp, literals } = pattern;

  test("has bounded repeats, none within another, and the flags of a global search", () => {
    expect(faults(regexp.source)).toEqual([]);
    expect(["g", "gi"]).toContain(regexp.flags);
  });

  test("takes at most in proportion to the length of a text made to hold it up", () => {
    const secret = examples[id]?.make(seeded(1)) ?? "";
    const starts = [...new Set([...literals.slice(0, 3), ...literals.slice(0, 2).map((literal) => literal.toUpperCase())])];
    const pieces = [...starts, ...starts.map((literal) => `${literal}${"a".repeat(30)}`),
      ...[0.3, 0.6, 0.9].map((part) => secret.slice(0, Math.ceil(secret.length * part))), `${secret.slice(0, -1)}\u00e9`, "a", "=", "A1", " "];
    for (const piece of pieces) {
      const text = fill(piece, whole);
      const long = cost(() => scan(pattern, text));
      if (long < 20 * tick) continue;
      const again = Math.min(long, cost(() => scan(pattern, text)));
      const short = Math.max(tick, cost(() => scan(pattern, text.slice(0, whole / 16))));
      // In proportion: 16. In square: 256.
      expect(again / short, JSON.stringify(piece.slice(0, 60))).toBeLessThan(100);
    }
  });
});
