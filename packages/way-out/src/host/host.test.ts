import { expect, test } from "vitest";
import { canonicalHost, embeddedIpv4, formatAuthority, isAddress } from "./host.ts";

test.each([
  ["api.example.com", "api.example.com"], ["API.Example.COM", "api.example.com"], ["a.example.com.", "a.example.com"], ["localhost", "localhost"],
  ["_egress.local", "_egress.local"], ["xn--mnchen-3ya.example", "xn--mnchen-3ya.example"], ["192.0.2.1", "192.0.2.1"], ["::1", "::1"], ["[::1]", "::1"],
  ["[2001:DB8:0:0::1]", "2001:db8::1"], ["::ffff:127.0.0.1", "::ffff:7f00:1"],
])("%s is the host %s", (text, host) => {
  expect(canonicalHost(text)).toBe(host);
});

test.each([
  "", ".", "..", "a..b", ".a", "a b", "a\tb", "a/b", "a\\b", "a@b", "a:b@c", "a%2eb", "a#b", "a?b", "*", "*.a", "-a.com", "a-.com", "münchen.example", "ａ.com", "a。b",
  "127.1", "0177.0.0.1", "0x7f.0.0.1", "0x7f000001", "2130706433", "1.2.3.4.", "1.2.3.256", "01.2.3.4", "1.2.3", "a.0x1", "a.1", "[::1", "::1]", "[]", "[::1%25eth0]", "fe80::1%eth0",
  "1:2", ":", "[v1.x]", `${"a".repeat(64)}.com`, `${"a.".repeat(127)}com`, "../../x", "a\0b", "a\r\nb",
  "\u212aex.test", "xn--abc-.example", "xn--mnchen-3ya-.example", "a".repeat(100_000), "\ud800.example", "a\u00ad.example", "a\u200b.example",
])("%j is no host", (text) => {
  expect(canonicalHost(text)).toBeUndefined();
});

test("IP literals are told from names", () => {
  expect([isAddress("1.2.3.4"), isAddress("::1"), isAddress("a.b"), isAddress("1.2.3.4.example")]).toEqual([true, true, false, false]);
});

test("the IPv4 address inside an IPv6 one is found in its one spelling", () => {
  const inside = (text: string): string | undefined => embeddedIpv4(canonicalHost(text) ?? "");
  expect(["::ffff:192.0.2.7", "[::FFFF:C000:0207]", "0:0:0:0:0:ffff:c000:207", "64:ff9b::192.0.2.7"].map(inside)).toEqual(Array(4).fill("192.0.2.7"));
  expect(["2001:db8::c000:207", "::c000:207", "192.0.2.7", "a.b", "1:64:ff9b::1:2"].map(inside)).toEqual(Array(5).fill(undefined));
});

test("an authority leaves out the scheme's own port and brackets IPv6", () => {
  expect([formatAuthority("a.b", 443, 443), formatAuthority("a.b", 444, 443), formatAuthority("::1", 80, 443)]).toEqual(["a.b", "a.b:444", "[::1]:80"]);
});
