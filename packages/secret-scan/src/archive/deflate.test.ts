import { constants, deflateRawSync, inflateRawSync } from "node:zlib";
import { expect, test } from "vitest";
import { base64, seeded } from "../testing/seeded.ts";
import { mayBeDeflate } from "./deflate.ts";

const random = seeded(20_261_122);
const isDeflate = (bytes: Buffer): boolean => {
  try {
    return inflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH }).length > 0;
  } catch {
    return false;
  }
};

test("whatever inflates may be a last block of fixed codes: of any text, cut off, and with bits turned around", () => {
  let inflated = 0;
  for (let index = 0; index < 4_000; index += 1) {
    const text = [random.text(base64, 1 + index % 60), "ab".repeat(index % 40), random.text("aab \n", 1 + index % 300), random.bytes(1 + index % 90).toString("latin1")][index % 4] ?? "";
    const whole = deflateRawSync(Buffer.from(text, "latin1"), { strategy: constants.Z_FIXED, level: 1 + index % 9 });
    const bytes = index % 3 === 0 ? whole.subarray(0, 1 + index % whole.length) : Buffer.from(whole);
    const bit = index % 5 === 0 ? 3 + random.bytes(4).readUInt32LE() % (8 * bytes.length - 3) : undefined;
    if (bit !== undefined) bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ 1 << (bit & 7);
    if (!isDeflate(bytes)) continue;
    inflated += 1;
    expect(mayBeDeflate(bytes)).toBe(true);
  }
  expect(inflated).toBeGreaterThan(2_000);
});

test("of random bytes that begin so, few may be, and none that inflates is not", () => {
  const counts = { inflate: 0, mayBe: 0 };
  for (let index = 0; index < 20_000; index += 1) {
    const bytes = random.bytes(40 + index % 60);
    bytes[0] = (bytes[0] ?? 0) & ~7 | 3;
    const is = isDeflate(bytes);
    const mayBe = mayBeDeflate(bytes);
    counts.inflate += is ? 1 : 0;
    counts.mayBe += mayBe ? 1 : 0;
    if (is) expect(mayBe).toBe(true);
  }
  expect(counts.inflate).toBeGreaterThan(100);
  expect(counts.mayBe).toBeLessThan(4_000);
});
