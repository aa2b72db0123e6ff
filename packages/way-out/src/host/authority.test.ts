import { expect, test } from "vitest";
import { parseAuthority } from "./authority.ts";

test.each([
  ["a.example:443", "a.example", 443], ["A.example.:8443", "a.example", 8443], ["[::1]:443", "::1", 443], ["192.0.2.1:1", "192.0.2.1", 1],
])("%s is read", (text, host, port) => {
  expect(parseAuthority(text)).toEqual({ host, port });
});

test("a missing port is the default, and without one nothing is read", () => {
  expect(parseAuthority("a.example", 443)).toEqual({ host: "a.example", port: 443 });
  expect(parseAuthority("a.example")).toBeUndefined();
});

test.each([
  "a.example:", "a.example:0", "a.example:65536", "a.example:+443", "a.example:0x1", "a.example:443:443", "evil:x@a.example:443", "a.example:443/", " a.example:443",
  "a.example :443", "a.example:443 ", "::1:443:", "[::1]443", "[::1]:", "http://a.example:443", "../../victim/pwn:443", "a.example:4\n43", "",
])("%j is refused", (text) => {
  expect(parseAuthority(text, 443)).toBeUndefined();
});

test("the same text is read anew with another default port", () => {
  const ports = [80, 443, undefined, 80].map((port) => parseAuthority("a.test", port)?.port);
  expect(ports).toEqual([80, 443, undefined, 80]);
});
