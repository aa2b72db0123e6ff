import type { AskedRoute } from "@bottle/manifest";
import { expect, test } from "vitest";
import { formatRouteText, parseRouteText } from "./route-text.ts";

test.each<readonly [string, AskedRoute]>([
  ["any api.example.com", { host: "api.example.com" }],
  ["GET,HEAD registry.example:443,8443 /left-pad /is-odd/**", { host: "registry.example", ports: [443, 8443], methods: ["GET", "HEAD"], paths: ["/left-pad", "/is-odd/**"] }],
  ["POST *.example.com /v1/*", { host: "*.example.com", methods: ["POST"], paths: ["/v1/*"] }],
  ["GET [2001:db8::1]:443", { host: "2001:db8::1", ports: [443], methods: ["GET"] }],
])("%s is read as it was written", (text, route) => {
  expect(parseRouteText(text)).toEqual({ route });
  expect(formatRouteText(route)).toBe(text);
});

test.each(["", "GET", "GET *", "any *", "GET a.example:0", "GET a.example:x", "get a.example", "GET a.example path", "GET https://a.example/x", "GET a..example", "GET [::1", "GET a.example:"])("%j is no route that can be granted, and it is said why", (text) => {
  expect(parseRouteText(text)).toEqual({ problem: expect.stringMatching(/.{20}/) });
});
