import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

test("no source imports a node: module or reads the process: the package runs wherever JavaScript does", () => {
  const sources = readdirSync(import.meta.dirname, { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts") && !name.startsWith("testing/"));
  const impure = sources.filter((name) => /from "node:|import\("node:|\bprocess\.|\bBuffer\b|\bconsole\./.test(readFileSync(join(import.meta.dirname, name), "utf8")));
  expect(sources.length).toBeGreaterThan(20);
  expect(impure).toEqual([]);
});
