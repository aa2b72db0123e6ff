import { expect, test } from "vitest";
import { compilePattern, matchesPath } from "./pattern.ts";

const fits = (pattern: string, path: string): boolean => matchesPath(compilePattern(pattern) ?? [], path.slice(1).split("/"));

test.each([
  ["/", "/", true], ["/", "/a", false], ["/a", "/a", true], ["/a", "/a/", false], ["/a", "/A", false], ["/a", "/ab", false],
  ["/a/*", "/a/b", true], ["/a/*", "/a/", false], ["/a/*", "/a", false], ["/a/*", "/a/b/c", false],
  ["/a/**", "/a", true], ["/a/**", "/a/", true], ["/a/**", "/a/b/c", true], ["/a/**", "/ab", false], ["/**", "/", true], ["/**", "/a/b", true],
  ["/a/**/z", "/a/z", true], ["/a/**/z", "/a/b/c/z", true], ["/a/**/z", "/a/b/c", false], ["/**/b/**", "/a/b/c", true], ["/**/b/**", "/a/c", false],
  ["/m/*:gen", "/m/x:gen", true], ["/m/*:gen", "/m/:gen", true], ["/m/*:gen", "/m/x:gens", false], ["/m/a*b*c", "/m/aXbYc", true], ["/m/a*b*c", "/m/ac", false],
  ["/a.b", "/axb", false], ["/(a+)+", "/(a+)+", true],
])("%s against %s: %s", (pattern, path, expected) => {
  expect(fits(pattern, path)).toBe(expected);
});

test.each(["", "a", "*", "/a/../b", "/./a", "/a**", "/a?b", "/a#b", "/a\\b", "/a\nb"])("%j is no pattern", (pattern) => {
  expect(compilePattern(pattern)).toBeUndefined();
});

test("a pattern made to be slow is not", () => {
  const startedAt = performance.now();
  expect(fits(`/${"**/a/".repeat(50)}b`, `/${"a/".repeat(2_000)}c`)).toBe(false);
  expect(fits(`/${"*a".repeat(50)}b`, `/${"a".repeat(8_000)}c`)).toBe(false);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
