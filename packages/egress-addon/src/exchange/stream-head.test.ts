import fc from "fast-check";
import { expect, test } from "vitest";
import { readStreamHead } from "./stream-head.ts";

const good = [":method", "GET", ":scheme", "https", ":authority", "a.test", ":path", "/x"];

test("a head becomes one of HTTP/1.1: the authority is its Host, crumbs of a cookie are one", () => {
  expect(readStreamHead([...good, "cookie", "a=1", "x-a", "b", "cookie", "b=2", "host", "A.test"])).toEqual({
    method: "GET", target: "/x", headers: ["host", "a.test", "x-a", "b", "cookie", "a=1; b=2"],
  });
  expect(readStreamHead([":method", "GET", ":scheme", "https", ":path", "/", "host", "a.test"])).toMatchObject({ headers: ["host", "a.test"] });
});

test.each([
  ["another Host", ["host", "b.test"], "authority-mismatch"],
  ["a second authority", [":authority", "a.test"], "request-malformed"],
  ["a pseudo field after a field", ["x-a", "b", ":path", "/y"], "request-malformed"],
  ["an unknown pseudo field", [":protocol", "websocket"], "request-malformed"],
  ["upper case", ["X-A", "b"], "request-malformed"],
  ["a coding", ["transfer-encoding", "chunked"], "request-malformed"],
  ["a connection field", ["connection", "x"], "request-malformed"],
  ["te", ["te", "gzip"], "request-malformed"],
  ["a line break", ["x-a", "b\r\nc"], "request-malformed"],
  ["a NUL", ["x-a", "\0"], "request-malformed"],
  ["a space around a value", ["x-a", " b"], "request-malformed"],
  ["a space in a name", ["x a", "b"], "request-malformed"],
  ["no name", ["", "b"], "request-malformed"],
])("a head with %s is refused", (_, more, malformed) => {
  expect(readStreamHead([...good, ...more])).toMatchObject({ malformed });
});

test.each([":method", ":scheme", ":path"])("a head without %s is refused", (name) => {
  expect(readStreamHead(good.filter((_, index) => good[index - index % 2] !== name)).malformed).toBe("request-malformed");
});

test("a list of more than 64 KiB is refused", () => {
  expect(readStreamHead([...good, "x-a", "y".repeat(65_000)]).malformed).toBeUndefined();
  expect(readStreamHead([...good, "x-a", "y".repeat(65_400)]).malformed).toBe("request-too-large");
});

test("another scheme than https is refused", () => {
  expect(readStreamHead(good.map((text) => text === "https" ? "http" : text)).malformed).toBe("authority-mismatch");
});

test("any fields have an answer: a head that is not refused has lower-case names, one Host, and nothing that could end a line", () => {
  const field = fc.oneof(fc.constantFrom(...good, "host", "cookie", "te", "trailers", "connection"), fc.string({ unit: "binary-ascii", maxLength: 8 }));
  fc.assert(fc.property(fc.array(field, { maxLength: 24 }), (fields) => {
    const { headers, malformed } = readStreamHead([...good, ...fields]);
    if (malformed !== undefined) return true;
    const names = headers.filter((_, index) => index % 2 === 0);
    return names.every((name) => /^[!-9;-@[-~]+$/.test(name)) && names.filter((name) => name === "host").length === 1 && !/[\0\r\n]/.test(headers.join(""));
  }), { numRuns: 2_000 });
});
