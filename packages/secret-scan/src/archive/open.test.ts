import { constants, deflateRawSync, gzipSync, inflateRawSync, zstdCompressSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createBudget, defaultLimits } from "../limits.ts";
import { createScanner } from "../scanner.ts";
import { base64, seeded } from "../testing/seeded.ts";
import { storedChunk, xzOf } from "../testing/xz.ts";
import { openUnmarked } from "./open-unmarked.ts";

const secret = "sk-Live/0123456789+abcDEF";
const scanner = createScanner({ known: [{ name: "TOKEN", value: secret }] });
const rules = (...parts: readonly (Buffer | string)[]): readonly string[] => [...new Set(scanner.bytes(Buffer.concat(parts.map((part) => Buffer.from(part)))).map(({ rule }) => rule))];
const random = seeded(5);
const prose = (length: number): string => random.text(`${base64} \n`, length);
// A block of no known type follows (RFC 1951 §3.2.3).
const broken = (text: string): Buffer => Buffer.concat([deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }), Buffer.alloc(80, 7)]);
const brokenGzip = (text: string): Buffer => Buffer.concat([gzipSync("").subarray(0, 10), broken(text)]);
const entry = (name: string, content: Buffer, head: { readonly method?: number; readonly flags?: number; readonly extra?: Buffer; readonly data?: Buffer } = {}): Buffer => {
  const { method = 8, flags = 0, extra = Buffer.alloc(0), data = method === 8 ? deflateRawSync(content) : content } = head;
  const header = Buffer.alloc(30);
  header.write("PK\x03\x04", "latin1");
  header.writeUInt16LE(20, 4);
  header.writeUInt16LE(flags, 6);
  header.writeUInt16LE(method, 8);
  header.writeUInt32LE(data.length, 18);
  header.writeUInt32LE(content.length, 22);
  header.writeUInt16LE(name.length, 26);
  header.writeUInt16LE(extra.length, 28);
  return Buffer.concat([header, Buffer.from(name), extra, data]);
};

test.each([
  ["escapes", "const gzip = \"\\x1f\\x8b\";\nconst zip = \"PK\\x03\\x04\";\nconst zstd = \"\\x28\\xb5\\x2f\\xfd\";\nconst magic = \"\\x1f\\x8b\\x08\\x00\\x00\\x00\\x00\\x00\\x00\\x03\";\nexport const all = [gzip, zip, zstd];\n".repeat(3)],
  ["lists of bytes", `const marks = [0x1f, 0x8b, 0x08, 0x00, 0x00, 0x09, 0x6e, 0x88, 0x00, 0xff];\nvar descriptor = []byte{\n${"\t0x1f, 0x8b, 0x08, 0x00, 0x00, 0x09, 0x6e, 0x88, 0x00, 0xff, 0x6c, 0x93, 0xbf, 0x6e, 0xd3, 0x50,\n".repeat(9)}}\n`],
  ["base64", `if (text.startsWith("H4sIAAAAAAAAA2Nk")) open(text);\n${prose(200)}`],
  ["a word", "BZhang and Rar! and LZIP are words, and MSCF is none. ".repeat(3)],
])("a text that names what archives begin with, in %s, is a text", (_, text) => {
  expect(rules(text)).toEqual([]);
});

test("what begins with a mark and cannot be read is said, a mark alone within other bytes is not", () => {
  const noise = Buffer.from(Array.from({ length: 400 }, (_, index) => (index * 7_919 + (index >> 3)) & 0xff));
  for (const mark of [Buffer.from("1f8b0800", "hex"), Buffer.from("28b52ffd", "hex"), Buffer.from("fd377a585a00", "hex"), Buffer.from("fd377a585a000004e6d6b446", "hex"), Buffer.from("PK\x03\x04")]) {
    expect(rules(mark, noise)).toEqual(["archive-damaged"]);
    expect(rules("before\0", mark, noise)).toEqual([]);
  }
});

test("an archive behind other bytes that is damaged or cut off further on is said", () => {
  const packed = gzipSync(prose(4_000));
  for (const archive of [brokenGzip(prose(4_000)), packed.subarray(0, 1_500), entry("a.txt", Buffer.alloc(0), { data: broken(prose(4_000)) })]) {
    expect(rules("before\0", archive)).toEqual(["archive-damaged"]);
    expect(rules(Buffer.concat([Buffer.from("before\0"), archive]).toString("base64"))).toEqual(["archive-damaged"]);
  }
  const frames = zstdCompressSync(Buffer.from(prose(400_000)));
  expect(rules("before\0", frames.subarray(0, frames.length - 20))).toEqual(["archive-damaged"]);
});

test("what little an archive gives before it makes no sense is looked at", () => {
  for (const before of ["", "before\0"]) {
    expect(rules(before, brokenGzip(`a ${secret} b ${prose(60)}`))).toContain("TOKEN");
  }
});

test("an archive in the head of another is opened", () => {
  const [inner, outer] = [gzipSync(secret), gzipSync("nothing")];
  const extra = Buffer.concat([Buffer.from([0x61, 0x62, inner.length, 0]), inner]);
  expect(rules(outer.subarray(0, 3), Buffer.from([4]), outer.subarray(4, 10), Buffer.from([extra.length, 0]), extra, outer.subarray(10))).toEqual(["TOKEN"]);
  expect(rules(outer, outer.subarray(0, 3), Buffer.from([4]), outer.subarray(4, 10), Buffer.from([extra.length, 0]), extra, outer.subarray(10))).toEqual(["TOKEN"]);
  expect(rules(entry("a.txt", Buffer.from("nothing"), { extra }))).toEqual(["TOKEN"]);
});

test("an entry whose header lies about its method is opened, as by who trusts the directory alone; one that cannot be read is said", () => {
  const content = Buffer.from(`a ${secret} b`);
  expect(rules("junk", entry("a.txt", content, { method: 77, data: deflateRawSync(content) }))).toEqual(["TOKEN"]);
  expect(rules("junk", entry("a.txt", content, { method: 14, data: deflateRawSync(content) }))).toEqual(["compression-unknown"]);
  expect(rules("junk", entry("a.txt", content, { flags: 1 }))).toEqual(["archive-encrypted"]);
  expect(rules("junk", entry("a.zip", entry("b.txt", content), { method: 0 }))).toEqual(["TOKEN"]);
});

test.each(["BZh91AY&SY", "BZh1\x17rE8P\x90", "7z\xbc\xaf'\x1c", "Rar!\x1a\x07", "LZIP\x01", "\x1f\x9d\x90", "\x04\"M\x18", "MSCF\0\0\0\0", `]\0\0\x80\0${"\xff".repeat(8)}\0`, "]\0\0\x80\0\x20\x4e\0\0\0\0\0\0\0"])("what begins with %j is said to be compressed in a way that is not read", (mark) => {
  expect(rules(Buffer.from(mark, "latin1"), prose(80))).toEqual(["compression-unknown"]);
});

test("what cannot be opened is said behind base64 and hex as well", () => {
  const closed = Buffer.concat([Buffer.from("BZh91AY&SY"), Buffer.from("e6d6b446".repeat(20), "hex")]);
  for (const text of [closed.toString("base64"), closed.toString("hex")]) expect(rules(text)).toEqual(["compression-unknown"]);
});

test("what stands as it is in an archive is no text, whose escapes are to be undone", () => {
  const xz = (content: Buffer): Buffer => xzOf(Buffer.concat([storedChunk(content), Buffer.alloc(1)]), content.length);
  const inner = xz(Buffer.concat([random.bytes(300), Buffer.from("%41\\n"), random.bytes(300)]));
  for (const archive of [zstdCompressSync(inner), xz(inner)]) {
    expect(archive.includes(inner)).toBe(true);
    expect(rules(archive)).toEqual([]);
  }
});

test("an entry of a zip in xz is opened, and one that is cut off is said", () => {
  const content = Buffer.from(`a ${secret} b`);
  const data = xzOf(Buffer.concat([storedChunk(content), Buffer.alloc(1)]), content.length);
  expect(rules("junk", entry("a.txt", content, { method: 95, data }))).toEqual(["TOKEN"]);
  expect(rules("junk", entry("a.txt", content, { method: 95, data: data.subarray(0, 60) }))).toEqual(["TOKEN", "archive-damaged"]);
});

test("an archive of many members is opened once, and each counts as an archive", () => {
  const last = Buffer.from(secret);
  const kinds = [[gzipSync(""), gzipSync(last)], [xzOf(Buffer.alloc(1), 0), xzOf(Buffer.concat([storedChunk(last), Buffer.alloc(1)]), last.length)]] as const;
  for (const [nothing, something] of kinds) {
    const many = (count: number): Buffer => Buffer.concat(Array<Buffer>(count).fill(nothing));
    expect(rules(many(9_000), something, "behind")).toEqual(["TOKEN"]);
    expect(rules(many(10_001), something)).toContain("archive-too-large");
  }
  expect(scanner.bytes(Buffer.concat(Array<Buffer>(10_002).fill(gzipSync(""))), { contentEncoding: "gzip" }).map(({ rule }) => rule)).toContain("too-large");
});

test("a zip of many entries, with escapes among its bytes, is opened once", () => {
  const tight = createScanner({ known: [{ name: "TOKEN", value: secret }], limits: { inflatedBytes: 2 << 20 } });
  const entries = Array.from({ length: 300 }, (_, index) => entry(`src/file-${index}.txt`, Buffer.from(`\\n%41 ${index} ${"lorem ipsum ".repeat(500)}`)));
  const found = (...parts: readonly Buffer[]): readonly string[] => tight.bytes(Buffer.concat([...parts, Buffer.from("\\x41%41&amp;")])).map(({ rule }) => rule);
  expect(found(...entries)).toEqual([]);
  expect(found(...entries, entry("last.txt", Buffer.from(secret)))).toEqual(["TOKEN"]);
  expect(found(...entries, ...entries)).toContain("archive-too-large");
});

test("marks strewn in any bytes but at their beginning are no problem", () => {
  const mark = fc.constantFrom("1f8b08", "1f8b0800", "28b52ffd", "504b0304", "fd377a585a00").map((hex) => Buffer.from(hex, "hex"));
  // One in a thousand or so is deflated data up to its end, by chance: so these are always the same.
  fc.assert(fc.property(fc.array(fc.tuple(fc.uint8Array({ minLength: 1, maxLength: 80 }), mark), { minLength: 1, maxLength: 8 }), (pieces) => {
    const bytes = Buffer.concat([Buffer.from("\x01"), ...pieces.flat().map((piece) => Buffer.from(piece))]);
    expect(scanner.bytes(bytes).filter(({ rule }) => /^archive-damaged/.test(rule))).toEqual([]);
  }), { numRuns: 300, seed: 5 });
});

test("whatever begins with dynamic codes and inflates is opened without a mark, be it of any level and strategy, or with a bit turned around in its head", () => {
  const inflated = (bytes: Buffer): Buffer | undefined => {
    try {
      return inflateRawSync(bytes, { finishFlush: constants.Z_SYNC_FLUSH });
    } catch {
      return undefined;
    }
  };
  let opened = 0;
  for (let index = 0; index < 300; index += 1) {
    const whole = deflateRawSync(prose(200 + 20 * index), { level: 1 + index % 9, strategy: index % 4 });
    for (let bit = 0; bit < 100; bit += 9) {
      const bytes = Buffer.from(whole);
      const at = bit + index % 9;
      if (bit > 0) bytes[at >> 3] = (bytes[at >> 3] ?? 0) ^ 1 << (at & 7);
      const content = inflated(bytes);
      if (((bytes[0] ?? 0) >> 1 & 3) !== 2 || content === undefined || content.length === 0) continue;
      opened += 1;
      expect(openUnmarked(bytes, createBudget(defaultLimits, bytes.length), false)).toMatchObject({ kind: "deflate", bytes: content });
    }
  }
  expect(opened).toBeGreaterThan(300);
});
