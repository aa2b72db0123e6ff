import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { createScanner } from "./scanner.ts";

const secret = "sk-Live/0123456789+abcDEF";
const scanner = createScanner({ known: [{ name: "TOKEN", value: secret }] });
const base64 = (bytes: string | Uint8Array): string => Buffer.from(bytes).toString("base64");
const hex = (text: string): string => Buffer.from(text).toString("hex");
const pairs = (text: string, prefix: string, between = ""): string => hex(text).replaceAll(/../g, (pair) => `${prefix}${pair}${between}`);

function base32(text: string): string {
  const bits = [...Buffer.from(text)].map((byte) => byte.toString(2).padStart(8, "0")).join("");
  return (bits.match(/.{1,5}/g) ?? []).map((group) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[parseInt(group.padEnd(5, "0"), 2)]).join("");
}

function wrongChecksum(gzip: Buffer): Buffer {
  return gzip.fill(0, gzip.length - 8);
}

const spelt: readonly (readonly [how: string, bytes: string | Uint8Array])[] = [
  ["as it is", `a=${secret};`],
  ["base64", base64(secret)],
  ["base64 after one byte", base64(`x${secret}tail`)],
  ["base64 after two bytes", base64(`xy${secret}tail`)],
  ["url-safe base64 without padding", Buffer.from(`~~~???${secret}`).toString("base64url")],
  ["base64 in lines", base64(`${"word ".repeat(20)}${secret}${" word".repeat(20)}`).replaceAll(/.{76}/g, "$&\r\n")],
  ["base64 of base64", base64(`id ${base64(`key: ${secret}`)} end`)],
  ["base64 of base64 of base64", base64(`id ${base64(`ab ${base64(`key: ${secret}`)}`)} end`)],
  ["lower-case hex", hex(secret)],
  ["upper-case hex", hex(secret).toUpperCase()],
  ["mixed-case hex", hex(secret).replaceAll(/[a-f](?=.[0-9])/g, (char) => char.toUpperCase())],
  ...[":", " ", "-", ",", ", "].map((between) => [`hex with "${between}"`, pairs(secret, "", between)] as const),
  ["hex with \\x", pairs(secret, "\\x")],
  ["hex with 0x", pairs(secret, "0x", ", ")],
  ["hex of base64", hex(`value ${base64(`x${secret}`)}`)],
  ["base32", base32(secret)],
  ["base32 within more", base32(`abc${secret}def`)],
  ["base32 of base64", base32(`value ${base64(`x${secret}`)}`)],
  ["percent-encoding", encodeURIComponent(secret)],
  ["lower-case percent-encoding", encodeURIComponent(secret).toLowerCase().replace("live", "Live").replace("def", "DEF")],
  ["percent-encoding of each character", pairs(secret, "%")],
  ["percent-encoding of some characters", secret.replace("L", "%4c").replace("5", "%35")],
  ["percent-encoding three times", encodeURIComponent(encodeURIComponent(encodeURIComponent(secret)))],
  ["reversed", [...secret].reverse().join("")],
  ["base64 of the reversed", base64([...secret].reverse().join(""))],
  ["gzip", gzipSync(`hello ${secret}`)],
  ["gzip with a wrong checksum", wrongChecksum(gzipSync(`hello ${secret}`))],
  ["the second member of a gzip", Buffer.concat([gzipSync("hello"), gzipSync(secret)])],
  ["gzip after other bytes", Buffer.concat([Buffer.from("\0\u0001prefix"), gzipSync(secret)])],
  ["zlib", deflateSync(`hello ${secret}`)],
  ["raw deflate", deflateRawSync(`hello ${secret}`)],
  ["brotli", brotliCompressSync(`hello ${secret} ${"text ".repeat(20)}`)],
  ["zstd", zstdCompressSync(`hello ${secret}`)],
  ["base64 of gzip", base64(gzipSync(`hello ${secret}`))],
  ["base64 of raw deflate", base64(deflateRawSync(`hello ${secret}`))],
  ["hex of gzip", gzipSync(`hello ${secret}`).toString("hex")],
  ["gzip of gzip", gzipSync(gzipSync(`hello ${secret}`))],
  ["UTF-16LE", Buffer.from(`hello ${secret}`, "utf16le")],
  ["UTF-16BE", Buffer.from(`hello ${secret}`, "utf16le").swap16()],
  ["base64 of UTF-16LE", base64(Buffer.from(secret, "utf16le"))],
  ["JSON escapes", secret.replaceAll(/[a-z]/g, (char) => `\\u00${hex(char)}`)],
  ["JSON escapes of all", secret.replaceAll(/./g, (char) => `\\u00${hex(char)}`)],
  ["JSON in JSON in JSON", JSON.stringify({ a: JSON.stringify({ b: JSON.stringify(secret.replace("L", "\u0001L")) }) })],
  ["JSON in JSON with escapes of all", JSON.stringify(`"${secret.replaceAll(/./g, (char) => `\\u00${hex(char)}`)}"`)],
  ["JSON with an escaped slash", secret.replace("/", "\\/")],
  ["decimal HTML entities", secret.replaceAll(/./g, (char) => `&#${char.charCodeAt(0)};`)],
  ["hexadecimal HTML entities", secret.replaceAll(/./g, (char) => `&#x${hex(char)};`)],
  ["named HTML entities", secret.replace("/", "&sol;").replace("+", "&plus;")],
  ...[".", "/", " ", "+", ",", ";", "|", "-", "_", "\"", "'", "\n", "\r\n", "\", \"", "\0"].map((noise) => [`characters with ${JSON.stringify(noise)} between`, [...secret].join(noise)] as const),
  ["quoted pieces", "\"sk-Live/01\" + \"23456789+abcDEF\""],
];

describe("a known value is found", () => {
  test.each(spelt)("in %s", (_, bytes) => {
    expect(scanner.bytes(Buffer.from(bytes)).map(({ rule, kind }) => ({ rule, kind }))).toContainEqual({ rule: "TOKEN", kind: "known" });
  });

  test("over JSON values, and over JSON names", () => {
    expect(scanner.bytes(Buffer.from(JSON.stringify({ a: "sk-Live/01", b: [{ c: "23456" }, "789+abcDEF"] }))).map(({ where }) => where)).toEqual(["json values"]);
    expect(scanner.bytes(Buffer.from(JSON.stringify({ "sk-Live/01": 1, "23456789+abcDEF": true }))).map(({ where }) => where)).toEqual(["json names"]);
  });

  test("over form fields", () => {
    const marks = { contentType: "application/x-www-form-urlencoded" };
    expect(scanner.bytes(Buffer.from("a=sk-Live%2F01&b=23456789%2BabcDEF"), marks).map(({ where }) => where)).toEqual(["form values"]);
  });
});
