import { expect, test } from "vitest";
import { canaryFiles } from "./canary.ts";
import { versionFault } from "./find-gitleaks.ts";
import { isNoise } from "./noise.ts";

test.each(["8.19.0", "v8.30.1", "8.30.1-beta.1", "8.19.0+dirty"])("version %s is known", (version) => {
  expect(versionFault(version)).toBeUndefined();
});

test.each(["8.18.4", "7.6.1", "9.0.0", "v10.0.0", "", "version is set by build process", "8", "8.30", "8.30.1\nmore", "gitleaks 8.30.1"])("version %j is not used", (version) => {
  expect(versionFault(version)).toMatch(/^it /);
});

test("the canaries stand before and after every object's id", () => {
  const ids = ["0".repeat(40), "f".repeat(64)];
  const [first = "", last = ""] = canaryFiles;
  expect([...ids, ...canaryFiles].sort()).toEqual([first, ...ids, last]);
});

test("only the guessing rule is not heeded in lock files, by whole names", () => {
  expect(isNoise("generic-api-key", "apps/web/pnpm-lock.yaml")).toBe(true);
  expect(isNoise("generic-api-key", "go.sum")).toBe(true);
  expect(isNoise("github-pat", "go.sum")).toBe(false);
  expect(isNoise("generic-api-key", "my-go.sum")).toBe(false);
  expect(isNoise("generic-api-key", "go.sum/config.ts")).toBe(false);
  expect(isNoise("generic-api-key", "")).toBe(false);
});
