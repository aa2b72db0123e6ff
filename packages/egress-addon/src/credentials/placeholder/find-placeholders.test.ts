import fc from "fast-check";
import { expect, test } from "vitest";
import { compilePlaceholders } from "./compile-placeholders.ts";
import { createPlaceholderScan, findInHead, openEnd } from "./find-placeholders.ts";

const one = "bottle-AbCdEfGhIjKlMnOpQrStUvWxYz012345";
const two = "other.placeholder_9876543210zyx";
const placeholders = compilePlaceholders({ ONE: one, TWO: two });
const head = (part: { readonly host?: string; readonly path?: string; readonly headers?: readonly string[] }): readonly string[] =>
  [...findInHead(placeholders, { host: "a.test", path: "/", headers: [], ...part })];
const base64 = (text: string): string => Buffer.from(text).toString("base64");
const percent = (text: string): string => [...text].map((char) => `%${char.charCodeAt(0).toString(16)}`).join("");

test.each<[string, Parameters<typeof head>[0]]>([
  ["a header", { headers: ["X-A", `before ${one} after`] }], ["the name of a header", { headers: [one.toLowerCase(), "x"] }], ["a cookie", { headers: ["Cookie", `a=b; c=${one}`] }],
  ["Basic credentials", { headers: ["Authorization", `Basic ${base64(`user:${one}`)}`] }], ["base64 within Basic credentials", { headers: ["Authorization", `basic ${base64(`u:${base64(`${one}xx`)}`)}`] }],
  ["a bearer in base64", { headers: ["X-A", `Bearer ${base64(`x${one}`)}`] }], ["url-safe base64", { headers: ["X-A", Buffer.from(`xx${one}?>`).toString("base64url")] }],
  ["hex", { headers: ["X-A", Buffer.from(one).toString("hex")] }], ["upper-case hex in a path", { path: `/${Buffer.from(one).toString("hex").toUpperCase()}` }],
  ["two headers", { headers: ["X-A", one.slice(0, 20), "X-B", one.slice(20)] }], ["two parameters", { path: `/?a=${one.slice(0, 20)}&b=${one.slice(20)}` }],
  ["a path", { path: `/a/${one}/b` }], ["a query", { path: `/?a=${one}` }], ["a percent-encoded path", { path: `/${percent(one)}` }], ["a twice encoded query", { path: `/?a=${percent(percent(one))}` }],
  ["a percent-encoded header", { headers: ["Referer", `https://x/?${percent(one)}`] }], ["a host's label", { host: `${one.toLowerCase()}.a.test` }],
])("a placeholder is found in %s", (_, part) => expect(head(part)).toEqual(["ONE"]));

test("both are found, and neither where there is none", () => {
  expect(head({ path: `/${two}`, headers: ["X-A", one] })).toEqual(["ONE", "TWO"]);
  expect(head({ path: `/${one.slice(1)}`, headers: ["X-A", two.slice(0, -1)] })).toEqual([]);
  expect(head({ path: "/%zz%", headers: ["Authorization", "Basic !!", "X-A", ""] })).toEqual([]);
});

test("headers that come again are looked through again for other placeholders, and beside another target", () => {
  const headers = Object.freeze(["X-A", one]);
  const others = compilePlaceholders({ TWO: two });
  for (let round = 0; round < 2; round += 1) {
    expect(head({ headers })).toEqual(["ONE"]);
    expect(head({ headers, path: `/${two}` })).toEqual(["ONE", "TWO"]);
    expect([...findInHead(others, { host: "a.test", path: "/", headers })]).toEqual([]);
  }
});

test("a scan finds a placeholder in any form, wherever the stream is cut, and keeps to what it found", () => {
  const forms = fc.constantFrom(one, base64(one), base64(`x${one}`), base64(`xx${one}`), Buffer.from(one).toString("hex"));
  fc.assert(fc.property(forms, fc.array(fc.nat(400), { maxLength: 20 }), fc.nat(200), (form, cuts, before) => {
    const bytes = Buffer.from(`${"b".repeat(before)}${form}after`);
    const at = [0, ...cuts.filter((cut) => cut < bytes.length).sort((a, b) => a - b), bytes.length];
    const scan = createPlaceholderScan(placeholders);
    const found = at.slice(1).map((end, index) => scan.push(bytes.subarray(at[index], end)));
    expect(found.at(-1)).toBe("ONE");
    expect(scan.push(Buffer.from("more"))).toBe("ONE");
  }), { numRuns: 200 });
});

test("a scan of anything else finds nothing", () => {
  const scan = createPlaceholderScan(placeholders);
  expect([scan.push(Buffer.from(one.slice(0, -1))), scan.push(Buffer.from("!")), scan.push(Buffer.alloc(0)), scan.push(Buffer.from(two.slice(1)))]).toEqual([undefined, undefined, undefined, undefined]);
  expect(createPlaceholderScan(new Map()).push(Buffer.from(one))).toBeUndefined();
});

test.each([["xxab", 2], ["abc", 0], ["a", 1], ["", 0], ["xabca", 1], ["xx", 0], ["ababab", 2]])("of %j so many bytes may go on to abc: %i", (text, length) => {
  expect(openEnd(Buffer.from(text), [Buffer.from("abc")])).toBe(length);
});
