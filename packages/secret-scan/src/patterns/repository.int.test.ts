import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { patterns } from "./index.ts";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../../..");
// Where secrets are made up; everything else is read.
const isFixture = (file: string): boolean => /\.test\.ts$|(?:^|\/)testing\/|(?:^|\/)fixtures\//.test(file);

test("what this repository tracks, but for its tests and their tools, gives no finding", () => {
  const files = execFileSync("git", ["-C", root, "ls-files", "-z"],
    { encoding: "utf8", maxBuffer: 2 ** 26 }).split("\0").filter((file) => file !== "" && !isFixture(file));
  expect(files.length).toBeGreaterThan(100);
  const found = files.flatMap((file) => {
    const text = read(join(root, file));
    return patterns.flatMap((pattern) => [...text.matchAll(pattern.regexp)].filter(([match]) => pattern.check?.(match) ?? true).map(() => `${file}: ${pattern.id}`));
  });
  expect(found).toEqual([]);
});

function read(path: string): string {
  try {
    const bytes = readFileSync(path);
    return bytes.includes(0) ? "" : bytes.toString("utf8");
  } catch {
    // A link into nowhere, or a file that is being taken away.
    return "";
  }
}
