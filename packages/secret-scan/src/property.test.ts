import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Scanned } from "./body/stream.ts";
import { patterns } from "./patterns/index.ts";
import { createScanner, type Scanner } from "./scanner.ts";

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const secretText = fc.array(fc.constantFrom(...letters, ..."-_/+.="), { minLength: 12, maxLength: 60 })
  .map((chars) => `s3${chars.join("")}Qz`).filter((value) => value.replaceAll(/[^A-Za-z0-9]/g, "").length >= 12);
// No letter of it is in a secret's beginning, so that it holds none by chance.
const cleanText = fc.array(fc.constantFrom(..."abcdefghijklmnopqrtuvwxyzäö€ \n\t.,:;!?{}[]\"'%&\\=<>/-_"), { maxLength: 400 }).map((chars) => chars.join(""));
const cuts = fc.array(fc.nat(2000), { maxLength: 6 });

const ways: readonly ((value: string) => string)[] = [
  (value) => value,
  (value) => [...value].reverse().join(""),
  (value) => Buffer.from(value).toString("base64"),
  (value) => Buffer.from(`x${value}y`).toString("base64url"),
  (value) => Buffer.from(`xy${value}z`).toString("base64"),
  (value) => Buffer.from(value).toString("hex"),
  (value) => Buffer.from(value).toString("hex").toUpperCase(),
  (value) => encodeURIComponent(value),
  (value) => Buffer.from(value).toString("hex").replaceAll(/../g, "%$&"),
  (value) => Buffer.from(value).toString("hex").replaceAll(/../g, "\\u00$&"),
  (value) => [...value].map((char) => `&#${char.charCodeAt(0)};`).join(""),
  (value) => [...value].join(" "),
  (value) => Buffer.from(Buffer.from(`key=${value} `).toString("base64")).toString("base64"),
];
const way = fc.constantFrom(...ways);

function chunksOf(bytes: Buffer, places: readonly number[]): readonly Buffer[] {
  const at = [0, ...places.map((place) => Math.min(place, bytes.length)).sort((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

function streamed(scanner: Scanner, bytes: Buffer, places: readonly number[], isLineOriented = false): Scanned {
  const scan = scanner.stream({ windowBytes: 1, isLineOriented });
  const all = [...chunksOf(bytes, places).map((chunk) => scan.push(chunk)), scan.end()];
  return { released: Buffer.concat(all.map(({ released }) => released)), findings: all.flatMap(({ findings }) => findings) };
}

const isKnown = ({ kind, rule }: { readonly kind: string; readonly rule: string }): boolean => kind === "known" && rule === "TOKEN";

test("a value in any spelling within any text, cut anywhere, is found, and what is found is never told", () => {
  fc.assert(fc.property(secretText, way, cleanText, cleanText, cuts, fc.boolean(), (value, spell, before, after, places, isLineOriented) => {
    const scanner = createScanner({ known: [{ name: "TOKEN", value }], patterns: [] });
    const body = Buffer.from(`${before}\n${spell(value)}\n${after}`);
    const whole = scanner.bytes(body);
    expect(whole.some(isKnown)).toBe(true);
    expect(JSON.stringify(whole)).not.toContain(value);
    const { released, findings } = streamed(scanner, body, places, isLineOriented);
    expect(findings.some(isKnown)).toBe(true);
    expect(released.equals(body)).toBe(true);
  }), { numRuns: 200 });
});

test("a value over the windows of a long stream is found, and was not released before", () => {
  fc.assert(fc.property(secretText, way, fc.integer({ min: 0, max: 30_000 }), fc.integer({ min: 500, max: 9000 }), (value, spell, lead, step) => {
    const scanner = createScanner({ known: [{ name: "TOKEN", value }], patterns: [] });
    const spelt = spell(value);
    const body = Buffer.from(`${"lorem ipsum ".repeat(3000).slice(0, lead)} ${spelt} ${"dolor sit ".repeat(2000)}`);
    const scan = scanner.stream({ windowBytes: 8192 });
    let sent = 0;
    for (let at = 0; at < body.length; at += step) {
      const { released, findings } = scan.push(body.subarray(at, at + step));
      if (findings.some(isKnown)) {
        expect(sent).toBeLessThanOrEqual(lead + 1);
        return;
      }
      sent += released.length;
    }
    expect(scan.end().findings.some(isKnown)).toBe(true);
    expect(sent).toBeLessThanOrEqual(lead + 1);
  }), { numRuns: 60 });
});

test("text without a value is never taken for it, and a stream gives back what it took", () => {
  fc.assert(fc.property(secretText, cleanText, cuts, (value, text, places) => {
    const scanner = createScanner({ known: [{ name: "TOKEN", value }] });
    const body = Buffer.from(text);
    expect(scanner.bytes(body).filter(isKnown)).toEqual([]);
    const { released, findings } = streamed(scanner, body, places);
    expect(findings.filter(isKnown)).toEqual([]);
    expect(released.equals(body)).toBe(true);
  }), { numRuns: 200 });
});

test("any bytes, under any name, are scanned without an error", () => {
  const scanner = createScanner({ known: [{ name: "TOKEN", value: "s3cret-Value-0123" }], patterns });
  const magic = fc.constantFrom(Buffer.alloc(0), Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.from([0x1f, 0x8b, 8, 0xc]), Buffer.from([0x28, 0xb5, 0x2f, 0xfd]), Buffer.from("PK\x03\x04"), Buffer.from([0x78, 0x9c]), Buffer.from("{\"a\":\"\\"), Buffer.from([0xff, 0xfe]), gzipSync("abc").subarray(0, 15));
  const types = fc.constantFrom("", "application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "multipart/mixed; boundary=\"\"", "text/plain");
  const codings = fc.constantFrom("", "gzip", "br", "zstd", "deflate", "gzip, br", "rot13", "gzip,gzip,gzip,gzip");
  fc.assert(fc.property(magic, fc.uint8Array({ maxLength: 600 }), types, codings, cuts, (start, rest, contentType, contentEncoding, places) => {
    const body = Buffer.concat([start, rest]);
    scanner.bytes(body, { contentType, contentEncoding }, scanner.memory());
    const scan = scanner.stream({ contentType, contentEncoding, windowBytes: 1, memory: scanner.memory() });
    const released = [...chunksOf(body, places).map((chunk) => scan.push(chunk)), scan.flush(), scan.end()].map((scanned) => scanned.released);
    expect(Buffer.concat(released).equals(body)).toBe(true);
    const text = body.toString("latin1");
    scanner.request({ host: text, target: text, headers: [text, text, text] }, scanner.memory());
  }), { numRuns: 300 });
});
