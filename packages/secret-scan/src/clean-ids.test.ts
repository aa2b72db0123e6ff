import { deflateSync, gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { createScanner } from "./scanner.ts";
import { alphanumeric, base64, hex, seeded } from "./testing/seeded.ts";

const scanner = createScanner({ known: [{ name: "TOKEN", value: "sk-Live/0123456789+abcDEF" }] });
const random = seeded(11);
const uuid = (): string => [8, 4, 4, 4, 12].map((length) => random.text(hex, length)).join("-");
const kinds: Readonly<Record<string, () => string>> = {
  "hex ids": () => random.text(hex, 16),
  "git's object ids": () => random.text(hex, 40),
  UUIDs: uuid,
  "trace contexts": () => `00-${random.text(hex, 32)}-${random.text(hex, 16)}-01`,
  "base64 ids": () => random.text(base64, 22),
  "alphanumeric ids": () => `req_${random.text(alphanumeric, 24)}`,
};

test.each(Object.entries(kinds))("4000 %s give no finding in a head", (_, make) => {
  const found = Array.from({ length: 4000 }, make).flatMap((id) => scanner.request({ host: "api.example.com", target: `/v1/items/${id}?page=2`, headers: ["X-Request-Id", id] }).map(({ rule }) => `${id}: ${rule}`));
  expect(found).toEqual([]);
});

test.each(Object.entries(kinds))("%s in a body give no finding", (_, make) => {
  const found = Array.from({ length: 40 }, () => Array.from({ length: 50 }, make)).flatMap((ids) => scanner.bytes(Buffer.from(JSON.stringify({ ids }))).map(({ rule }) => rule));
  expect(found).toEqual([]);
});

test.each(["085bcb597bbd610a", "78f9110cf588bd30"])("%s is an id", (id) => {
  expect(scanner.request({ host: "a.example.com", target: `/v1/${id}`, headers: ["Traceparent", `00-${id}${id}-${id}-01`] })).toEqual([]);
  expect(scanner.text(id, "body")).toEqual([]);
});

test("what is compressed under a mark is still read in a head, and told if it is cut off", () => {
  const secret = "hello sk-Live/0123456789+abcDEF";
  for (const compress of [gzipSync, deflateSync]) {
    const head = { host: "a.example.com", target: "/", headers: ["X-A", compress(secret).toString("base64url")] };
    expect(scanner.request(head).map(({ rule }) => rule)).toContain("TOKEN");
  }
  const long = deflateSync(Buffer.from(Array.from({ length: 200 }, uuid).join(" ")));
  expect(scanner.bytes(long.subarray(0, 500)).map(({ rule }) => rule)).toContain("archive-damaged");
});
