import { expect, test } from "vitest";
import { createBypass } from "./bypass.ts";

const bypasses = (list: readonly string[], host: string, port = 443): boolean => createBypass(list)({ host, port });

test.each<readonly [string, string, boolean]>([
  ["*", "any.test", true],
  ["*", "10.0.0.1", true],
  ["ample.com", "ample.com", true],
  ["ample.com", "www.ample.com", true],
  ["ample.com", "a.b.ample.com", true],
  ["ample.com", "example.com", false],
  ["ample.com", "ample.com.org", false],
  ["ample.com", "com", false],
  [".ample.com", "ample.com", true],
  [".ample.com", "www.ample.com", true],
  [".ample.com", "example.com", false],
  ["ample.com.", "ample.com", true],
  ["AMPLE.com", "www.ample.com", true],
  ["com", "ample.com", true],
  ["localhost", "localhost", true],
  ["localhost", "db.localhost", true],
  ["192.168.0.1", "192.168.0.1", true],
  ["192.168.0.1", "192.168.0.11", false],
  ["192.168.0.1", "192.168.0.2", false],
  ["192.168.0.0/16", "192.168.255.255", true],
  ["192.168.0.0/16", "192.169.0.1", false],
  ["192.168.0.0/16", "www.192.test", false],
  ["0.0.0.0/0", "8.8.8.8", true],
  ["0.0.0.0/0", "name.test", false],
  ["0.0.0.0/0", "2606:4700::1", false],
  ["::1", "::1", true],
  ["[::1]", "::1", true],
  ["::1", "::2", false],
  ["fd00::/8", "fd12::3", true],
  ["fd00::/8", "fe80::1", false],
  ["0:0:0:0:0:0:0:1", "::1", true],
])("%j holds %s: %j", (entry, host, isHeld) => {
  expect(bypasses([entry], host)).toBe(isHeld);
});

test.each<readonly [string, string, number, boolean]>([
  ["a.test:8443", "a.test", 8443, true],
  ["a.test:8443", "www.a.test", 8443, true],
  ["a.test:8443", "a.test", 443, false],
  ["10.0.0.0/8:80", "10.1.1.1", 80, true],
  ["10.0.0.0/8:80", "10.1.1.1", 443, false],
  ["[::1]:9", "::1", 9, true],
  ["[::1]:9", "::1", 10, false],
  ["*:22", "any.test", 22, true],
  ["*:22", "any.test", 443, false],
])("%j holds %s:%i: %j", (entry, host, port, isHeld) => {
  expect(bypasses([entry], host, port)).toBe(isHeld);
});

test("a list may be one text with commas and spaces, as in NO_PROXY, and any entry suffices", () => {
  expect(["a.test", "x.b.test", "10.1.1.1", "c.test"].map((host) => bypasses(["a.test, .b.test", "10.0.0.0/8 ,,"], host))).toEqual([true, true, true, false]);
});

test("an empty list holds nothing", () => {
  expect([bypasses([], "a.test"), bypasses([""], "a.test"), bypasses([" , "], "a.test")]).toEqual([false, false, false]);
});

test.each(["*.example.com", "ex*.com", "http://a.test", "a.test:0", "a.test:70000", "a.test:", "10.0.0.0/33", "10.0.0.0/x", "10.1", "0x7f.1", "..a.test", ".", "a_b?c", "[::1", "fe80::1%eth0", "user@a.test"])(
  "%j is refused at the start", (entry) => {
    expect(() => createBypass([entry])).toThrow(
      `via.noProxy: ${JSON.stringify(entry)} must be *, a name (which holds its subdomains), an address or a range, and maybe a :port.`);
  });
