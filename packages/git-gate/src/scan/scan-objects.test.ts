import { createScanner } from "@bottle/secret-scan";
import { expect, test } from "vitest";
import type { GitObject } from "../git/objects.ts";
import { scanObjects, scanRefs } from "./scan-objects.ts";

const scanner = createScanner({ known: [{ name: "TOKEN", value: "Zq7-gate-known-value-93kd02" }] });
const closed = Buffer.concat([Buffer.from("BZh91AY&SY"), Buffer.from("e6d6b446".repeat(20), "hex")]);

async function rulesIn(content: Buffer | string): Promise<readonly string[]> {
  async function* objects(): AsyncGenerator<GitObject> {
    yield await Promise.resolve({ id: "1".repeat(40), type: "blob", path: "a.ts", content: Buffer.from(content) });
  }
  return (await scanObjects(objects(), scanner)).findings.map(({ rule }) => rule);
}

test.each([
  ["a source that names the first bytes of archives", "const zip = \"PK\\x03\\x04\";\nconst xz = \"\\xfd7zXZ\\x00\";\n"],
  ["a quoted value that may be a secret or not", "const token = \"aB3dE6gH9jK2mN5pQ8sT\";\n"],
])("%s stops nothing", async (_, content) => {
  expect(await rulesIn(content)).toEqual([]);
});

test.each([
  ["an archive that cannot be opened", closed, ["compression-unknown"]],
  ["a known value behind escapes", `"${[..."Zq7-gate-known-value-93kd02"].map((char) => `\\x${char.charCodeAt(0).toString(16)}`).join("")}"`, ["TOKEN"]],
  ["a pointer to Git LFS", "version https://git-lfs.github.com/spec/v1\n", ["lfs-pointer"]],
  ["one as Git LFS was called before", "version https://hawser.github.com/spec/v1\n", ["lfs-pointer"]],
  ["one of Git Media, which Git LFS reads too", "version http://git-media.io/v/2\n", ["lfs-pointer"]],
  ["one after empty lines, which Git LFS skips", `\n\r\nversion https://git-lfs.github.com/spec/v1\n`, ["lfs-pointer"]],
])("%s is found", async (_, content, rules) => {
  expect(await rulesIn(content)).toEqual(rules);
});

test("what is found beyond the first is counted", async () => {
  async function* objects(): AsyncGenerator<GitObject> {
    for (let at = 0; at < 53; at += 1) yield await Promise.resolve({ id: "1".repeat(40), type: "blob", path: `${at}`, content: closed });
  }
  expect(await scanObjects(objects(), scanner)).toMatchObject({ objects: 53, findings: { length: 50 }, unlisted: 3 });
});

test("a name of a ref is looked through by itself", () => {
  expect(scanRefs(["refs/heads/main", "refs/heads/Zq7-gate-known-value-93kd02"], scanner)).toEqual(["TOKEN"]);
  expect(scanRefs(["refs/heads/main"], scanner)).toEqual([]);
});
