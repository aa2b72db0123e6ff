import { brotliCompressSync, brotliDecompressSync, constants } from "node:zlib";
import { describe, expect, test } from "vitest";
import { type Seeded, seeded } from "../testing/seeded.ts";
import { mayBeBrotli } from "./brotli.ts";

const { BROTLI_PARAM_LGBLOCK, BROTLI_PARAM_LGWIN, BROTLI_PARAM_MODE, BROTLI_PARAM_QUALITY } = constants;
const bits = (text: string): Buffer => Buffer.from((text.replaceAll(" ", "").padEnd(64, "0").match(/.{8}/g) ?? []).map((byte) => parseInt([...byte].toReversed().join(""), 2)));

function decodes(bytes: Buffer): boolean {
  try {
    return brotliDecompressSync(bytes, { maxOutputLength: 1 << 20 }).length > 0;
  } catch (error) {
    return error instanceof RangeError;
  }
}

function below(random: Seeded, limit: number): number {
  return random.bytes(4).readUInt32LE() % limit;
}

function words(random: Seeded, length: number): Buffer {
  return Buffer.from([...random.bytes(length)].map((byte) => ["the ", "quick", " token", "=", "0123", "\n", "{}"][byte % 7]).join("").slice(0, length));
}

test("whatever a decoder takes may be brotli: of every quality, window, mode and kind of content, and with bits turned around in its head", () => {
  const random = seeded(20_261_122);
  let taken = 0;
  for (let index = 0; index < 400; index += 1) {
    const [text, bytes] = [words(random, below(random, 2000)), random.bytes(below(random, 2000))];
    const params = { [BROTLI_PARAM_QUALITY]: index % 12, [BROTLI_PARAM_LGWIN]: 10 + index % 15, [BROTLI_PARAM_MODE]: index % 3, [BROTLI_PARAM_LGBLOCK]: index % 5 === 0 ? 16 + index % 9 : 0 };
    const whole = brotliCompressSync([text, bytes, Buffer.concat([text, bytes])][index % 3] ?? text, { params });
    const turned = Array.from({ length: 10 }, () => {
      const other = Buffer.from(whole);
      const bit = below(random, 8 * Math.min(whole.length, 24));
      other[bit >> 3] = (other[bit >> 3] ?? 0) ^ 1 << (bit & 7);
      return other;
    });
    for (const one of [whole, ...turned]) {
      if (!decodes(one)) continue;
      taken += 1;
      expect(mayBeBrotli(one), one.toString("hex", 0, 40)).toBe(true);
    }
  }
  expect(taken).toBeGreaterThan(1000);
});

test("of random bytes few may be brotli", () => {
  const random = seeded(7);
  const few = Array.from({ length: 2000 }, () => random.bytes(64)).filter(mayBeBrotli);
  expect(few.length).toBeLessThan(400);
});

test("many blocks without data are left to a decoder, which is faster", () => {
  const blocks = (count: number): Buffer => Buffer.concat([bits("0 0 11 0 00 0").subarray(0, 1), Buffer.alloc(count - 1, bits("0 11 0 00 00").subarray(0, 1)), bits("0 11 1")]);
  expect([1, 7, 100].map((count) => mayBeBrotli(blocks(count)))).toEqual([false, false, true]);
});

describe("no brotli is", () => {
  test.each([
    ["nothing", Buffer.alloc(0)],
    ["an empty stream", bits("0 1 1")],
    ["a window of the large kind", bits("1000 100")],
    ["a length with a part that is not needed", bits("0 0 10 1000 0000 0000 0000 0000")],
    ["a reserved bit in what is no data", bits("0 0 11 1")],
    ["bytes as they are, cut off", bits("0 0 00 1111 1111 1111 1111 1")],
    ["a simple code that has a symbol twice", bits("0 0 00 1000 0000 0000 0000 0 000 00 0000 00 0 0 10 10 10000010 10000010")],
    ["a code of more than there is room for", bits("0 0 00 1000 0000 0000 0000 0 000 00 0000 00 0 0 00 10000000 10000000 10000000")],
  ])("%s", (_, bytes) => {
    expect([mayBeBrotli(bytes), decodes(bytes)]).toEqual([false, false]);
  });
});
