import { describe, expect, test } from "vitest";
import { patterns } from "../patterns/index.ts";
import { formExamples } from "../testing/form-examples.ts";
import { seeded } from "../testing/seeded.ts";
import { serviceExamples } from "../testing/service-examples.ts";
import { reachOf } from "./reach.ts";
import { createShapeFinder } from "./shapes.ts";

const examples = { ...serviceExamples, ...formExamples };

test.each([
  [/abc/, 3], [/a{2,5}b?/, 6], [/(?:ab|cde){2}x/, 7], [/[\]a-z]{1,4}\d/, 5], [/a+/, Infinity], [/a{2,}/, Infinity], [/(?:a*b)?/, Infinity],
  [/(?<!page[_-]?)(?:a|bc)(?=d{3})/, 10], [/\x41\u0042\p{L}/u, 3], [/(?<name>a)\)\(/, 3], [/[^(|)]{3}\|/, 4], [/a{2}?b/, 3],
])("%s looks at no more than %d characters", (regexp, reach) => {
  expect(reachOf(regexp)).toBe(reach);
});

test("every pattern's reach has a bound", () => {
  expect(patterns.filter(({ regexp }) => reachOf(regexp) === Infinity).map(({ id }) => id)).toEqual([]);
});

describe.each(patterns.map((pattern) => [pattern.id, pattern] as const))("%s", (id, pattern) => {
  test("is found in a long text wherever the whole pattern finds it", () => {
    const finder = createShapeFinder([pattern]);
    for (const seed of [1, 2, 3]) {
      for (const noise of ["lorem ipsum, dolor sit. ", `${pattern.literals[0] ?? ""} `, `${(pattern.literals.at(-1) ?? "").toUpperCase()}=\n`]) {
        const text = `${noise.repeat(600)}\n${examples[id]?.make(seeded(seed)) ?? ""}\n${noise.repeat(400)}`;
        let count = 0;
        finder.find(Buffer.from(text, "latin1"), () => { count += 1; });
        expect(count).toBe(1);
      }
    }
  });
});
