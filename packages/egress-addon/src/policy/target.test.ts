import { expect, test } from "vitest";
import { readTarget } from "./target.ts";

test.each([
  ["/", "/", "", [[""]]],
  ["/a/b?c=d&e", "/a/b", "?c=d&e", [["a", "b"]]],
  ["/a%20b/%C3%BC?x=%zz#", undefined, undefined, undefined],
  ["/a%20b/%C3%BC?x=%zz", "/a%20b/%C3%BC", "?x=%zz", [["a b", "ü"]]],
  ["/@scope%2fname", "/@scope%2fname", "", [["@scope%2fname".replace("%2f", "/")], ["@scope", "name"]]],
  ["/a//b", "/a//b", "", [["a", "", "b"], ["a", "b"]]],
  ["/a;x=1/b", "/a;x=1/b", "", [["a;x=1", "b"], ["a", "b"]]],
  ["/caf%C3%A9/What%3F/%EF%BC%A1", "/caf%C3%A9/What%3F/%EF%BC%A1", "", [["café", "What?", "Ａ"]]],
  ["/v1/models/x:generate", "/v1/models/x:generate", "", [["v1", "models", "x:generate"]]],
])("%s is read in every way a server may", (target, path, query, readings) => {
  expect(readTarget(target)).toEqual(path === undefined ? undefined : { path, query, readings });
});

test.each([
  "", "*", "a", "http://a/", "/a b", "/a\\b", "/a%5cb", "/a%5Cb", "/a/../b", "/a/./b", "/..", "/.", "/a/%2e%2e/b", "/a/%2E./b", "/a/.%2e", "/a%2f..%2fb", "/a/..%2fb",
  "/a/..;/b", "/a/..;x=1/b", "/a/%2e%2e;x/b", "/a/..%3bx/b", "/a%00b", "/a%0ab", "/a%7fb", "/a%252e%252e/b", "/a%252fb", "/a%255cb", "/a%2500", "/a%25252e", "/a%2", "/a%zz",
  "/a%ff", "/a%c0%ae", "/ü", "/a#b", "/a?b#c", "/a\0", "/a\r\nb", "//../a", "/a;/../b",
  "/a%253fb", "/a%2523b", "/a/%EF%BC%8E%EF%BC%8E/b", "/a/%E2%80%A5/b", "/a%EF%BC%8F..%EF%BC%8Fb", "/a%EF%BC%BCb", "/a/%E2%80%A4%E2%80%A4/b", "/a%EF%BC%852e",
])("%j is ambiguous and refused", (target) => {
  expect(readTarget(target)).toBeUndefined();
});
