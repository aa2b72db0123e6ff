import { describe, expect, test } from "vitest";
import { formExamples } from "../testing/form-examples.ts";
import { seeded } from "../testing/seeded.ts";
import { serviceExamples } from "../testing/service-examples.ts";
import { patterns } from "./index.ts";

const examples = { ...serviceExamples, ...formExamples };
const whole = 200_000;

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

// The quickest of three, so that a neighbour's load does not count.
function cost(run: () => void): number {
  return Math.min(...Array.from({ length: 3 }, () => {
    const from = process.hrtime.bigint();
    run();
    return Number(process.hrtime.bigint() - from);
  }));
}

function scan(regexp: RegExp, text: string): void {
  regexp.lastIndex = 0;
  while (regexp.test(text));
}

test("what is not linear is told by its source", () => {
  expect(["(?:a{1,5}){1,5}", "a+", "a*b", "a{3,}", "(?:a|b{2}){3}"].map((source) => faults(source).length > 0)).toEqual([true, true, true, true, true]);
  expect(faults("a{1,5}(?:b{2})?[*+]\\+(?<!x)(?:c|d){1,9}")).toEqual([]);
});

describe.each(patterns.map((pattern) => [pattern.id, pattern] as const))("%s", (id, { regexp, literals }) => {
  test("has bounded repeats, none within another, and the flags of a global search", () => {
    expect(faults(regexp.source)).toEqual([]);
    expect(["g", "gi"]).toContain(regexp.flags);
  });

  test("takes at most in proportion to the length of a text made to hold it up", () => {
    const secret = examples[id]?.make(seeded(1)) ?? "";
    const starts = [...new Set([...literals.slice(0, 3), ...literals.slice(0, 2).map((literal) => literal.toUpperCase())])];
    const pieces = [...starts, ...starts.map((literal) => `${literal}${"a".repeat(30)}`), ...[0.3, 0.6, 0.9].map((part) => secret.slice(0, Math.ceil(secret.length * part))), `${secret.slice(0, -1)}\u00e9`, "a", "=", "A1", " "];
    for (const piece of pieces) {
      const short = cost(() => scan(regexp, fill(piece, whole / 64)));
      const long = cost(() => scan(regexp, fill(piece, whole)));
      // In proportion: 64. In square: 4096. The compiler and the machine's other work are far from either.
      if (long > 5_000_000) expect(long / short, JSON.stringify(piece.slice(0, 60))).toBeLessThan(640);
    }
  });
});
