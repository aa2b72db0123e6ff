import { expect, test } from "vitest";
import { pathFits } from "./path-pattern.ts";

test.each([
  ["/", "/", true], ["/a", "/a", true], ["/a", "/a/", false], ["/a", "/b", false],
  ["/*", "/a", true], ["/*", "/", true], ["/*", "/a/b", false], ["/a*c", "/abc", true], ["/a*c", "/ac", true], ["/ab*bc", "/abc", false],
  ["/a*b*c", "/axbyc", true], ["/a*b*c", "/acb", false], ["/*b*", "/abc", true], ["/git-*", "/git-receive-pack", true],
  ["/**", "/", true], ["/**", "/a/b/c", true], ["/a/**", "/a", true], ["/a/**", "/ab", false], ["/**/z", "/z", true], ["/**/z", "/a/b/z", true], ["/**/z", "/a/zz", false],
  ["/a/**/b/**/c", "/a/b/c", true], ["/a/**/b/**/c", "/a/x/b/y/z/c", true], ["/a/**/b/**/c", "/a/x/c", false],
])("%s on %s: %s", (pattern, path, fits) => {
  expect(pathFits(pattern, path)).toBe(fits);
});

test("a pattern made to be slow is not", () => {
  const started = performance.now();
  expect(pathFits("/**/a".repeat(200), `${"/a".repeat(1000)}/b`)).toBe(false);
  expect(pathFits(`/${"*a".repeat(1000)}b`, `/${"a".repeat(2000)}`)).toBe(false);
  expect(performance.now() - started).toBeLessThan(2000);
});
