import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { createScanner } from "./scanner.ts";

const value = "Qz7-listed-value-93kd02";
const scanner = createScanner({ known: [{ name: "listed", value }], patterns: [] });
const scan = (contentEncoding: string, ...parts: readonly (Buffer | string)[]): readonly string[] =>
  scanner.bytes(Buffer.concat(parts.map((part) => Buffer.from(part))), { contentEncoding }).map(({ kind }) => kind);
const gzip = gzipSync("text");
const withComment = (comment: string): Buffer => Buffer.concat([gzip.subarray(0, 3), Buffer.from([16]), gzip.subarray(4, 10), Buffer.from(`${comment}\0`), gzip.subarray(10)]);
const skipped = (text: string): Buffer => {
  const head = Buffer.alloc(8);
  head.writeUInt32LE(0x184d2a50, 0);
  head.writeUInt32LE(text.length, 4);
  return Buffer.concat([head, Buffer.from(text)]);
};
const codings = { gzip: gzipSync, br: brotliCompressSync, zstd: zstdCompressSync, deflate: deflateSync } as const;

test.each(Object.entries(codings))("%s alone is clean, with more behind it it cannot be read, and a value behind it is found", (name, compress) => {
  for (const text of ["", "text", "lorem ipsum ".repeat(3_000)]) expect(scan(name, compress(Buffer.from(text)))).toEqual([]);
  expect(scan(name, compress(Buffer.from("text")), "and more")).toContain("unscannable");
  expect(scan(name, compress(Buffer.from("text")), value)).toContain("known");
});

test("raw deflate and several members of gzip are clean, a second frame of zstd cannot be read", () => {
  expect(scan("deflate", deflateRawSync("text"))).toEqual([]);
  expect(scan("gzip", gzip, gzip)).toEqual([]);
  expect(scan("zstd", zstdCompressSync(Buffer.from("text")), zstdCompressSync(Buffer.from("text")))).toContain("unscannable");
});

test("a value in a part of the format that is not coded is found", () => {
  expect(scan("gzip", withComment("hello"))).toEqual([]);
  expect(scan("gzip", withComment(value))).toContain("known");
  expect(scan("zstd", skipped(value), zstdCompressSync(Buffer.from("text")))).toContain("known");
  expect(scan("zstd", zstdCompressSync(Buffer.from("text")), skipped(value))).toContain("known");
});
