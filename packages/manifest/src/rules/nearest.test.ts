import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

test.each([
  ["wrokspace", "workspace"],
  ["minIsolation", "min_isolation"],
  ["min-isolation", "min_isolation"],
  ["evn", "env"],
  ["Backend", "backend"],
  ["volumes", undefined],
  ["", undefined],
  ["x".repeat(1_000_000), undefined],
])("%.20s is taken for %s", (word, meant) => {
  expect(nearest(word, ["backend", "min_isolation", "workspace", "env", "git"])).toBe(meant);
});
