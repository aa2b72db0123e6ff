import fc from "fast-check";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { hasAbaCheck, hasLuhn, hasMod97 } from "../patterns/checksum.ts";
import { seeded } from "../testing/seeded.ts";
import { bip39Words } from "./bip39-words.ts";
import { packs, type Place } from "./index.ts";

const places: readonly Place[] = ["host", "path", "query", "header", "body"];

test("every pack goes by its id, takes any text and names rules alone", () => {
  expect(Object.entries(packs).every(([id, pack]) => pack.id === id)).toBe(true);
  fc.assert(fc.property(fc.constantFrom(...Object.values(packs)), fc.constantFrom(...places), fc.string({ unit: "binary", maxLength: 200 }),
    (pack, place, text) => {
    for (const rule of pack.find(text, place)) expect(rule.startsWith(pack.id)).toBe(true);
  }));
});

// Each of these is no secret; this is what the rule says, and why it is not on by itself.
test.each<[string, Place, string, boolean]>([
  ["a wheel of PyPI", "path", "/packages/ab/cd/cryptography-43.0.1-cp39-abi3-manylinux_2_28_aarch64.whl", true],
  ["a document of Google's", "path", "/document/d/1BxiMVs0XRA5nFMdKvBdBZjgmUUqptlbs74OgvE2upms/edit", true],
  ["the state of an OAuth request", "query", "state=eyJub25jZSI6IkFiQ2QxMjM0RWZHaDU2NzgiLCJyZWRpcmVjdCI6Ii9ob21lIn0", true],
  ["the credential of a pre-signed URL", "query", "X-Amz-Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request", true],
  ["a tarball of npm", "path", "/@types/node/-/node-24.0.0.tgz", false],
  ["a commit", "path", "/acme/app/commit/0123456789abcdef0123456789abcdef01234567", false],
  ["a digest of a layer", "path", "/v2/library/node/blobs/sha256:6b9bd5e2f21a0a2a3b4c5d6e7f8091a2b3c4d5e6f708192a3b4c5d6e7f809100", false],
  ["a distribution of CloudFront", "host", "d111111abcdef8.cloudfront.net", false],
  ["an API gateway", "host", "a1b2c3d4e5.execute-api.us-east-1.amazonaws.com", false],
  ["an app on Azure", "host", "myapp-hkdyh3b5bxe8gpfp.westeurope-01.azurewebsites.net", false],
  ["a project on Supabase", "host", "abcdefghijklmnopqrst.supabase.co", true],
])("the entropy of %s (%s) is %s: %s", (_, place, text, isFound) => {
  expect(packs.entropy.find(text, place)).toEqual(isFound ? [`entropy-${place}`] : []);
});

test("the entropy of a random value is found in a query, a path and a label, and nowhere else", () => {
  const value = seeded(1).text("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", 60);
  expect(packs.entropy.find(`q=1&data=${value}`, "query")).toEqual(["entropy-query"]);
  expect(packs.entropy.find(`/a/${value}`, "path")).toEqual(["entropy-path"]);
  expect(packs.entropy.find(`${value.slice(0, 30)}.evil.example`, "host")).toEqual(["entropy-host"]);
  expect(packs.entropy.find(value, "body")).toEqual([]);
  expect(packs.entropy.find(value, "header")).toEqual([]);
});

test.each<[string, readonly string[]]>([
  [`card: 4${"1".repeat(15)}`, ["pii-payment-card"]],
  ["card: 5500 0055 5555 5559", ["pii-payment-card"]],
  ["card: 3782-822463-10005", ["pii-payment-card"]],
  ["card: 4111111111111112", []],
  ["order 1234567890123452", []],
  ["0000000000000000", []],
  ["1764000000000, 1764000000001", []],
  ["pi is 3.1415926535897932384", []],
  ["ssn 536-90-4399", ["pii-us-social-security-number"]],
  ["ssn 000-12-3456, 666-12-3456, 900-12-3456, 123-00-4567, 123-45-0000", []],
  ["2026-11-21 and 555-123-4567", []],
  ["IBAN GB82 WEST 1234 5698 7654 32", ["pii-iban"]],
  ["IBAN DE89370400440532013000.", ["pii-iban"]],
  ["IBAN DE89370400440532013001", []],
  ["IBAN GB82WEST123456987654321", []],
  ["routing number: 021000021", ["pii-us-routing-number"]],
  ["routing number: 021000022", []],
  ["021000021", []],
])("in %j the numbers found are %j", (text, found) => {
  expect(packs.pii.find(text, "body")).toEqual(found);
});

test("checks of numbers tell every single wrong digit", () => {
  const change = (text: string, at: number): string => `${text.slice(0, at)}${String((Number(text[at]) + 1) % 10)}${text.slice(at + 1)}`;
  for (const [text, check, from] of [["4111111111111111", hasLuhn, 0], ["021000021", hasAbaCheck, 0], ["GB82WEST12345698765432", hasMod97, 8]] as const) {
    expect(check(text)).toBe(true);
    for (let at = from; at < text.length; at += 1) expect(check(change(text, at)), change(text, at)).toBe(false);
  }
});

test("the words are BIP-39's", () => {
  expect(createHash("sha256").update(`${bip39Words.join("\n")}\n`).digest("hex")).toBe("2f5eed53a4727b4bf8880d8f3f199efc90e58503646d9ff8eff3a2ed3b24dbda");
});

const phrase = (words: number, seed: number): readonly string[] => {
  const entropy = seeded(seed).bytes(words / 3 * 4);
  const digest = createHash("sha256").update(entropy).digest();
  const bits = [...entropy, ...digest].map((byte) => byte.toString(2).padStart(8, "0")).join("").slice(0, words * 11);
  return (bits.match(/.{11}/g) ?? []).map((index) => bip39Words[Number.parseInt(index, 2)] ?? "");
};

test.each([12, 15, 18, 21, 24])("a seed phrase of %i words is found in a line, a list, a query and JSON, in any case", (words) => {
  for (let seed = 0; seed < 5; seed += 1) {
    const list = phrase(words, seed);
    for (const text of [list.join(" "), `my words are: ${list.join(", ").toUpperCase()}.`, list.map((word, at) => `${String(at + 1)}. ${word}`).join("\n"),
      JSON.stringify({ list }), `seed=${list.join("+")}`]) {
      expect(packs.bip39.find(text, "body"), text).toEqual(["bip39-seed-phrase"]);
    }
  }
});

test("words without the checksum, too few of them, or prose are no seed phrase", () => {
  const list = phrase(12, 1);
  const wrong = bip39Words.filter((word) => packs.bip39.find([...list.slice(0, 11), word].join(" "), "body").length === 0);
  expect(wrong.length).toBe(2048 - 128);
  expect(packs.bip39.find(list.slice(1).join(" "), "body")).toEqual([]);
  expect(packs.bip39.find("one word can not make people happy when the world is about to be over, so they wait and hope that day will end well",
    "body")).toEqual([]);
  expect(packs.bip39.find([...list.slice(0, 6), "xylophone", ...list.slice(6)].join(" "), "body")).toEqual([]);
});

test("the published phrases of zeros are found", () => {
  expect(packs.bip39.find(`${"abandon ".repeat(11)}about`, "body")).toEqual(["bip39-seed-phrase"]);
  expect(packs.bip39.find(`${"abandon ".repeat(23)}art`, "body")).toEqual(["bip39-seed-phrase"]);
});

test("a text of nothing but the list's words ends the search early, as found", () => {
  expect(packs.bip39.find("abandon ".repeat(100_000), "body")).toEqual(["bip39-seed-phrase"]);
});
