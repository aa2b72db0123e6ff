import { deflateRawSync, gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { createScanner } from "../scanner.ts";
import { seeded } from "../testing/seeded.ts";
import { storedChunk, xzOf } from "../testing/xz.ts";

const secret = "sk-Live/0123456789+abcDEF";
const scanner = createScanner({ known: [{ name: "TOKEN", value: secret }] });
const rules = (...parts: readonly (Buffer | string)[]): readonly string[] => [...new Set(scanner.bytes(Buffer.concat(parts.map((part) => Buffer.from(part)))).map(({ rule }) => rule))];
const random = seeded(8);
const packed = gzipSync(secret);

interface Entry {
  readonly method: number;
  readonly size: number;
  readonly flags?: number;
}

// A local header, or one of the directory, as programs write it (PKWARE APPNOTE 4.3.7, 4.3.12).
function header(kind: "local" | "directory", { method, size, flags = 0 }: Entry): Buffer {
  const [bytes, at] = kind === "local" ? [Buffer.alloc(30), 4] : [Buffer.alloc(46), 6];
  bytes.write(kind === "local" ? "PK\x03\x04" : "PK\x01\x02", "latin1");
  bytes.writeUInt16LE(20, at);
  bytes.writeUInt16LE(flags, at + 2);
  bytes.writeUInt16LE(method, at + 4);
  bytes.writeUInt32LE(size, at + 14);
  bytes.writeUInt16LE(1, at + 22);
  return Buffer.concat([bytes, Buffer.from("a")]);
}

test.each([0, 5, 20, 40, 63])("an archive is found that goes on behind the %d bytes that a zip's stored entry says it has", (size) => {
  expect(rules(header("local", { method: 0, size }), packed)).toEqual(["TOKEN"]);
  expect(rules("junk", header("local", { method: 0, size }), packed)).toEqual(["TOKEN"]);
});

test.each([0, 93])("an entry that is deflated, of which its own header says method %d, is opened, as by who reads the directory", (method) => {
  const data = deflateRawSync(`${secret} ${"lorem ipsum ".repeat(40)}`);
  for (const size of [0, 10, data.length]) {
    for (const before of ["", "junk"]) expect(rules(before, header("local", { method, size }), data, header("directory", { method: 8, size: data.length }))).toEqual(["TOKEN"]);
  }
});

test("what only the directory says, an unknown method or encryption, is said", () => {
  const data = random.bytes(200);
  const local = header("local", { method: 0, size: data.length });
  expect(rules("junk", local, data, header("directory", { method: 14, size: data.length }))).toEqual(["compression-unknown"]);
  expect(rules("junk", local, data, header("directory", { method: 8, flags: 1, size: data.length }))).toEqual(["archive-encrypted"]);
  expect(rules("junk", local, data, header("directory", { method: 0, size: data.length }))).toEqual([]);
});

test.each([[3, 0x20], [3, 0x40], [3, 0x80], [1, 0x9e]])("a gzip is opened of which byte %d is %d, as by programs that do not ask", (at, byte) => {
  const turned = Buffer.from(packed);
  turned[at] = byte;
  expect(rules(turned)).toEqual(["TOKEN"]);
  expect(rules("junk\0", turned)).toEqual(["TOKEN"]);
});

test("an archive behind other bytes is found in base64 and hex, though no text is in them", () => {
  for (let index = 0; index < 100; index += 1) {
    const content = Buffer.concat([random.bytes(index % 40), Buffer.from(secret)]);
    const bytes = Buffer.concat([random.bytes(1 + index % 5), index % 2 === 0 ? gzipSync(content) : xzOf(Buffer.concat([storedChunk(content), Buffer.alloc(1)]), content.length)]);
    expect(rules(`x = "${bytes.toString("base64")}"`)).toContain("TOKEN");
    expect(rules(`x = "${bytes.toString("hex")}"`)).toContain("TOKEN");
  }
});

test("an archive behind other bytes in three archives is said to be too deep, a mark alone is not", () => {
  const deep = (content: Buffer): Buffer => gzipSync(gzipSync(gzipSync(content)));
  expect(rules(deep(Buffer.concat([Buffer.from("junk\0"), packed])))).toEqual(["archive-too-deep"]);
  expect(rules(deep(Buffer.concat([Buffer.from("junk\0"), packed.subarray(0, 10), Buffer.alloc(80, 255)])))).toEqual([]);
});

test.each([Buffer.from("1f9d0c", "hex"), Buffer.from("1f9d90", "hex"), Buffer.from("1f9db0", "hex"), Buffer.from("1f1e0000006404", "hex")])("what gzip opens besides, as %j, is said", (mark) => {
  expect(rules(mark, random.bytes(90))).toContain("compression-unknown");
});

test("frames of zstd that are bytes and how often each comes are said if they are damaged further on", () => {
  const frame = Buffer.concat([Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, 0x58]), ...[...secret].map((char) => Buffer.from([1 << 1 | 1 << 3, 0, 0, char.charCodeAt(0)]))]);
  expect(rules("junk\0", frame)).toContain("archive-damaged");
  expect(rules("junk\0", frame, Buffer.alloc(90, 255))).toContain("archive-damaged");
});

test("an archive that begins where what another one stores ends, and goes on behind that, is said", () => {
  const length = (value: number): Buffer => Buffer.from([value & 0xff, value >> 8]);
  const storing = (content: Buffer): Buffer => Buffer.concat([packed.subarray(0, 10), Buffer.from([1]), length(content.length), length(~content.length & 0xffff), content]);
  const trailer = Buffer.alloc(8, 1);
  const data = deflateRawSync(secret);
  // The trailer of the first is in the extra field (RFC 1952 §2.3.1.1) of the second, or in a block that it stores.
  const extra = Buffer.concat([packed.subarray(0, 3), Buffer.from([4]), packed.subarray(4, 10), length(trailer.length)]);
  const block = Buffer.concat([packed.subarray(0, 10), Buffer.from([0]), length(trailer.length), length(~trailer.length & 0xffff)]);
  for (const head of [extra, block, header("local", { method: 8, size: data.length }).subarray(0, 28)]) {
    expect(rules(storing(Buffer.concat([Buffer.from("nothing"), head])), trailer, data)).toContain("archive-damaged");
  }
  for (const whole of [gzipSync("a"), zstdCompressSync("abc".repeat(50)), xzOf(Buffer.concat([storedChunk(trailer), Buffer.alloc(1)]), trailer.length)]) {
    expect(rules(storing(Buffer.concat([Buffer.from("nothing"), whole])), trailer, data)).toEqual([]);
  }
  expect(rules(storing(zstdCompressSync("abc".repeat(50)).subarray(0, 12)), trailer, data)).toContain("archive-damaged");
  expect(rules(storing(packed.subarray(0, 10)))).toEqual([]);
});
