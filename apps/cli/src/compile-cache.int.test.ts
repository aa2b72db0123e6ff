import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { compileCache } from "./compile-cache.ts";

test("compiled code is kept in a home of one's own, never where others may write", () => {
  const home = mkdtempSync(join(tmpdir(), "bottle-cache-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  expect(compileCache(home)).toBe(join(home, "cache", "compiled"));
  expect(compileCache(join(home, "not-there"))).toBeUndefined();
  expect(compileCache("/dev/null/below-a-file")).toBeUndefined();
  chmodSync(home, 0o777);
  expect(compileCache(home)).toBeUndefined();
});
