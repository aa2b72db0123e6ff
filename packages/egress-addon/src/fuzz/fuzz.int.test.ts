import { expect, test } from "vitest";
import { checkLeaks } from "../testing/leaks.ts";
import { keptSeeds } from "./kept-seeds.ts";
import { kinds } from "./kinds/index.ts";
import { runFuzz, seedsFrom } from "./run.ts";

checkLeaks();

test("three hundred inputs of every kind crash nothing, get nothing past the policy, and leave nothing behind", async () => {
  const { findings, byKind } = await runFuzz({ seeds: seedsFrom(4), isOver: (inputs) => inputs >= 300 });
  expect(findings).toEqual([]);
  expect(Object.keys(byKind).sort()).toEqual(kinds.map(([name]) => name).sort());
}, 120_000);

test("what inputs once found, they do not find again", async () => {
  const { findings, inputs } = await runFuzz({ seeds: keptSeeds.map(([seed]) => seed) });
  expect(findings).toEqual([]);
  expect(inputs).toBe(keptSeeds.length);
}, 60_000);
