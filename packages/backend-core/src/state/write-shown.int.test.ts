import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { writeShown } from "./write-shown.ts";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bottle-shown-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test("files are made in folders, bytes as they are, and nothing else is left", async () => {
  await writeShown(folder, { "ca.pem": Buffer.from([0, 255]), "current-config/routes.json": "[]" });
  await writeShown(folder, { "current-config/routes.json": "[1]" });
  expect(readdirSync(folder, { recursive: true }).toSorted()).toEqual(["ca.pem", "current-config", "current-config/routes.json"]);
  expect([...readFileSync(join(folder, "ca.pem"))]).toEqual([0, 255]);
  expect(readFileSync(join(folder, "current-config/routes.json"), "utf8")).toBe("[1]");
});

test("a reader never finds half a file", async () => {
  const texts = ["a", "b"].map((letter) => letter.repeat(200_000));
  await writeShown(folder, { f: texts[0] ?? "" });
  let isDone = false;
  const writing = (async () => {
    for (let count = 1; count <= 20; count += 1) await writeShown(folder, { f: texts[count % 2] ?? "" });
    isDone = true;
  })();
  const seen = new Set<number>();
  while (!isDone) {
    seen.add(texts.indexOf(readFileSync(join(folder, "f"), "utf8")));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await writing;
  expect([...seen].filter((index) => index === -1)).toEqual([]);
  expect(seen.size).toBeGreaterThan(0);
});

test("what cannot be written is told with its name, and leaves no half", async () => {
  await mkdir(join(folder, "ca.pem"));
  await expect(writeShown(folder, { "ca.pem": "x" })).rejects.toThrow(/ca\.pem/);
  expect(readdirSync(folder)).toEqual(["ca.pem"]);
});
