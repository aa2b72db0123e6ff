import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { scan } from "./scan.ts";

const value = `value-${crypto.randomUUID()}`;

test("a known value is found in a content and its coding, and told by its name alone", async () => {
  const found = await scan(gzipSync(`a=${value}`), { known: [{ name: "MINE", value }], contentEncoding: "gzip" });
  expect(found).toMatchObject([{ rule: "MINE", kind: "known", via: ["gzip"] }]);
  expect(JSON.stringify(found)).not.toContain(value);
});

test("a form is found without being told, and clean text is clean", async () => {
  expect(await scan(`postgres://app:${"s3cr3t-Passw0rd"}@db.example.com/app`)).toMatchObject([{ kind: "pattern" }]);
  expect(await scan("Nothing to see here.")).toEqual([]);
});
