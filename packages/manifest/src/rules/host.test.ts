import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { hostFault, routeHostFault } from "./host.ts";

describe("a route's host", () => {
  test.each([
    "example.com", "a", "localhost", "x-1.example.co.uk", "xn--bcher-kva.example", "_dmarc.example.com", "*.example.com", "*.git.lan",
    "1.2.3.4", "127.0.0.1", "::1", "2001:db8::1", `${"a".repeat(63)}.com`,
  ])("%s is fine", (host) => {
    expect(routeHostFault(host)).toBeUndefined();
  });

  const more = "is more than a host: scheme, port and path have their own keys, or none.";
  const canonical = "is an address, but not in canonical form.";
  test.each([
    ["https://x.example/", `"https://x.example/" ${more}`, "host: x.example"],
    ["http://x.example:8080/v1/", `"http://x.example:8080/v1/" ${more}`, "host: x.example\nports: [8080]\npaths: [\"/v1/**\"]"],
    ["x.example/v1", `"x.example/v1" ${more}`, "host: x.example\npaths: [\"/v1\"]"],
    ["x.example:443", `"x.example:443" ${more}`, "host: x.example"],
    ["X.example:8443", `"X.example:8443" ${more}`, "host: x.example\nports: [8443]"],
    ["user@x.example", `"user@x.example" ${more}`, "host: x.example"],
    ["x.example\\@evil.example", `"x.example\\@evil.example" ${more}`, "host: x.example\npaths: [\"/@evil.example\"]"],
    [" x.example", `" x.example" ${more}`, "host: x.example"],
    ["x.example\n", `"x.example\\n" ${more}`, "host: x.example"],
    ["**", "\"**\" would open every host there is.", "Name the hosts one by one, or the subdomains of one domain as \"*.example.com\"."],
    ["**", "\"**\" would open every host there is.", "Name the hosts one by one, or the subdomains of one domain as \"*.example.com\"."],
    ["*.*", "\"*.*\" would open every host there is.", "Name the hosts one by one, or the subdomains of one domain as \"*.example.com\"."],
    ["*.", "\"*.\" would open every host there is.", "Name the hosts one by one, or the subdomains of one domain as \"*.example.com\"."],
    ["*.com", "\"*.com\" would open every domain under .com.", "Name the domain, for example: host: \"*.example.com\""],
    ["*.lan", "\"*.lan\" would open every domain under .lan.", "Name the domain, for example: host: \"*.example.lan\""],
    ["*example.com", "\"*example.com\" is not a wildcard: \"*.\" stands once, in front of a whole domain.", "host: \"*.example.com\""],
    ["*.Example.com", "\"*.Example.com\" is not a wildcard: \"*.\" stands once, in front of a whole domain.", "host: \"*.example.com\""],
    ["a.*.com", "\"a.*.com\" is not a host name.", "A host is labels of a-z, 0-9 and - with dots between, for example api.example.com."],
    ["*.10.0.0.1", "\"*.10.0.0.1\": an address has no subdomains.", "host: 10.0.0.1"],
    [".example.com", "\".example.com\" starts with a dot.", "For subdomains: host: \"*.example.com\""],
    ["example.com.", "\"example.com.\" ends with a dot.", "host: example.com"],
    ["EXAMPLE.com", "\"EXAMPLE.com\" has capital letters.", "host: example.com"],
    ["0x7f000001", `"0x7f000001" ${canonical}`, "If it is the one you mean: host: 127.0.0.1"],
    ["2130706433", `"2130706433" ${canonical}`, "If it is the one you mean: host: 127.0.0.1"],
    ["0177.0.0.1", `"0177.0.0.1" ${canonical}`, "If it is the one you mean: host: 127.0.0.1"],
    ["127.1", `"127.1" ${canonical}`, "If it is the one you mean: host: 127.0.0.1"],
    ["[::1]", `"[::1]" ${canonical}`, "If it is the one you mean: host: \"::1\""],
    ["::FFFF:1.2.3.4", `"::FFFF:1.2.3.4" ${canonical}`, "If it is the one you mean: host: \"::ffff:102:304\""],
    ["1.2.3.256", "\"1.2.3.256\" looks like an address and is none.", "host: 192.0.2.1"],
    ["a.0x1g.7", "\"a.0x1g.7\" looks like an address and is none.", "host: 192.0.2.1"],
    ["аpple.com", "\"аpple.com\" has characters beyond ASCII; another host can look just like it.", "If it is the one you mean: host: xn--pple-43d.com"],
    ["a\u200b.com", "\"a\\u{200b}.com\" has characters beyond ASCII; another host can look just like it.", "If it is the one you mean: host: a.com"],
    ["a\u202e.com", "\"a\\u{202e}.com\" has characters beyond ASCII; another host can look just like it.", "Write it in its xn-- form."],
    ["-a.com", "\"-a.com\" is not a host name.", "A host is labels of a-z, 0-9 and - with dots between, for example api.example.com."],
    ["a..com", "\"a..com\" is not a host name.", "A host is labels of a-z, 0-9 and - with dots between, for example api.example.com."],
    ["", "\"\" is not a host name.", "A host is labels of a-z, 0-9 and - with dots between, for example api.example.com."],
    ["_egress.local", "_egress.local is bottle's own name inside; it needs no route.", "Remove the route."],
  ])("%j is refused with a mend", (host, message, mend) => {
    expect(routeHostFault(host)).toMatchObject({ message, mend });
  });

  test("whatever is let through is what a URL parser takes it for", () => {
    fc.assert(fc.property(fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6(), fc.webAuthority({ withPort: true }), fc.string({ unit: "binary" })), (host) => {
      if (hostFault(host)) return;
      expect(URL.parse(`http://${host.includes(":") ? `[${host}]` : host}/`)?.hostname.replace(/^\[|\]$/g, "")).toBe(host);
    }), { numRuns: 2000 });
  });

  test("ordinary names are let through", () => {
    fc.assert(fc.property(fc.domain(), (host) => {
      expect(hostFault(host.toLowerCase())).toBeUndefined();
    }));
  });
});
