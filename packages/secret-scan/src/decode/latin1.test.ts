import { deflateRawSync, gzipSync, zstdCompressSync } from "node:zlib";
import { expect, test } from "vitest";
import { createScanner } from "../scanner.ts";
import { decodeLatin1 } from "./latin1.ts";

const secret = "sk-Live/0123456789+abcDEF";
const scanner = createScanner({ known: [{ name: "TOKEN", value: secret }] });

function zip(): Buffer {
  const data = deflateRawSync(secret);
  const header = Buffer.from("PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0a", "latin1");
  header.writeUInt32LE(data.length, 18);
  return Buffer.concat([header, data]);
}

test.each([
  ["escapes of bytes", (byte: number) => `\\x${byte.toString(16).padStart(2, "0")}`],
  ["escapes of characters", (byte: number) => `\\u${byte.toString(16).padStart(4, "0")}`],
  ["characters", (byte: number) => String.fromCharCode(byte)],
])("an archive is opened of which a text has the bytes as %s", (_, escape) => {
  for (const bytes of [gzipSync(secret), zstdCompressSync(`${secret}${"abc".repeat(90)}`), zip()]) {
    const text = [...bytes].map((byte) => byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x5c ? String.fromCharCode(byte) : escape(byte)).join("");
    expect(new Set(scanner.text(`open("${text}")`, "text").map(({ rule }) => rule))).toEqual(new Set(["TOKEN"]));
  }
});

test("a text that has no archive's mark, or bytes that are no text, are left as they are", () => {
  expect(decodeLatin1(Buffer.from("naïve \x1f\x8b text"))).toBeUndefined();
  expect(decodeLatin1(Buffer.concat([gzipSync("text"), Buffer.from("PK\x03\x04")]))).toBeUndefined();
  expect(decodeLatin1(Buffer.from("PK\x03\x04 and nothing else"))).toBeUndefined();
});
