import { expect, test } from "vitest";
import { describeRoute } from "./make-plan.ts";

test.each([
  [{ host: "a.test" }, "any method a.test any path"],
  [{ host: "a.test", methods: ["GET", "HEAD"], ports: [8443], paths: ["/v1/**"], auth: { scheme: "bearer", tokenRef: "T" } }, "GET|HEAD a.test:8443 /v1/**, with T as bearer"],
  [{ host: "a.test", auth: { scheme: "header", tokenRef: "T", name: "x-key" }, dlp: "warn" }, "any method a.test any path, with T as x-key, leaks only noted"],
  [{ host: "a.test", dlp: "off", limits: { requestsPerMinute: 60, concurrent: 2 } }, "any method a.test any path, NOT SCANNED, at most 60 requests a minute, 2 at once"],
  [{ host: "*.a.test", deny: true, paths: ["/admin/**"] }, "NEVER any method *.a.test /admin/**"],
  [{ host: "a.test", passthrough: true, ports: [443] }, "UNREAD, any method and path: a.test:443"],
] as const)("%j is one line: %s", (route, line) => {
  expect(describeRoute(route)).toBe(line);
});
