import { constants, deflateRawSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { createBudget, defaultLimits } from "../limits.ts";
import { createScanner } from "../scanner.ts";
import { storedChunk, xzOf } from "../testing/xz.ts";
import { open, type Opened } from "./open.ts";

const scanner = createScanner({ known: [] });
const many = (piece: Buffer, count: number): Buffer => Buffer.concat(Array<Buffer>(count).fill(piece));
const rules = (bytes: Buffer): readonly string[] => scanner.bytes(bytes).map(({ rule }) => rule);
const little = (value: number): readonly number[] => [value & 0xff, value >> 8 & 0xff, value >> 16 & 0xff];

// What came of an opening, with a budget that is left.
function opening(bytes: Buffer): { readonly opened: Opened; readonly left: number; readonly given: number } {
  const budget = createBudget(defaultLimits, bytes.length);
  const opened = open(bytes, budget);
  return { opened, left: budget.inflation(0), given: opened.contents.reduce((sum, content) => sum + content.bytes.length, 0) };
}

// Raw deflate that becomes much, and then no block of a known type (RFC 1951 §3.2.3).
const brokenBomb = (becomes: number): Buffer => Buffer.concat([deflateRawSync(Buffer.alloc(becomes, "abc "), { finishFlush: constants.Z_SYNC_FLUSH }), Buffer.alloc(80, 7)]);
// Heads whose extra fields (RFC 1952 §2.3.1.1) all end where the data begin.
const headsBefore = (data: Buffer, count: number): Buffer => Buffer.concat([
  ...Array.from({ length: count }, (_, index) => Buffer.from([0x1f, 0x8b, 8, 4, 0, 0, 0, 0, 0, 3, ...little((count - 1 - index) * 12).slice(0, 2)])), data,
]);
const zstdHead = [0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x58];
const block = (type: number, size: number): readonly number[] => little(type << 1 | size << 3);
const [raw, rle, compressed] = [0, 1, 2];

test("archives that lie in each other and are damaged behind much that they give end soon, and are said", () => {
  expect(rules(headsBefore(brokenBomb(30_000), 4_000))).toEqual(["archive-damaged", "archive-too-large"]);
});

test("what archives give before they make no sense is as much as may be inflated, and no more", () => {
  const { given, opened } = opening(many(headsBefore(brokenBomb(3_000), 5_000), 2));
  expect(given).toBeLessThanOrEqual(defaultLimits.inflatedBytes);
  expect(opened.problems).toContain("archive-too-large");
});

test("frames of zstd that give much of a few bytes, or lie in each other, and are damaged then end soon, and are said", () => {
  const repeated = Buffer.from([...zstdHead, ...Array.from({ length: 60 }, () => [...block(rle, 128 << 10), 97]).flat(), ...block(compressed, 8), ...Array<number>(8).fill(255)]);
  expect(rules(many(repeated, 400))).toContain("archive-too-large");
  // Each is what the one before it stores.
  const overlapping = Buffer.concat([many(Buffer.from([...zstdHead, ...block(raw, zstdHead.length)]), 10_000), Buffer.alloc(3, 255)]);
  expect(opening(overlapping).opened.problems).toContain("archive-too-large");
});

test("streams of xz that lie in each other and give nothing end soon, and are said", () => {
  // A block's check of 64 bytes, which may be any, holds the next stream's head.
  const [head, blockHead] = [Buffer.from(xzOf(Buffer.alloc(1), 0).subarray(0, 12)), xzOf(Buffer.alloc(1), 0).subarray(12, 24)];
  head[7] = 15;
  const period = Buffer.concat([head, blockHead, Buffer.alloc(4), Buffer.alloc(52)]);
  expect(opening(many(period, 9_000)).left).toBeLessThan(defaultLimits.inflatedBytes / 2);
});

test("blocks of an xz that give nothing count as entries", () => {
  const [stream, text] = [xzOf(Buffer.alloc(1), 0), Buffer.from("text")];
  const begin = xzOf(Buffer.concat([storedChunk(text), Buffer.alloc(1)]), text.length).subarray(0, 12 + 12 + 8);
  expect(rules(Buffer.concat([begin, many(stream.subarray(12, 28), 9_000)]))).toEqual(["archive-damaged"]);
  expect(rules(Buffer.concat([begin, many(stream.subarray(12, 28), 10_010)]))).toEqual(["archive-too-large"]);
});

test("heads of gzip whose names end far away cost what it takes to search for that", () => {
  const heads = many(Buffer.from([0x1f, 0x8b, 8, 0x18, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61, 0x61]), 9_000);
  const { left } = opening(Buffer.concat([heads, Buffer.alloc(4 << 20, 0x61)]));
  expect(left).toBe(0);
});

test("what has the mark of zlib behind base64 counts as an entry", () => {
  expect(rules(many(Buffer.from("eJwBAAAAAAAAAAAA "), 10_010))).toEqual([]);
  expect(rules(many(Buffer.from("eJwzNDI2MTUzt7AA "), 10_010))).toEqual(["archive-too-large"]);
});

test("marks alone take little: hundreds of them are no problem", () => {
  for (const mark of ["1f8b08000000000000034b4c4affffffffffff", "28b52ffd04ffffffffff", "fd377a585a000004e6d6b446ffff"]) {
    const bytes = Buffer.concat([Buffer.from("\x01"), many(Buffer.from(`${mark}0000`, "hex"), 300), gzipSync("text")]);
    expect(rules(bytes)).toEqual([]);
  }
});
