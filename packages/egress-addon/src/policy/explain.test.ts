import { expect, test } from "vitest";
import { compilePolicy } from "./compile.ts";
import { decide, type DecisionRequest } from "./decide.ts";
import { explain } from "./explain.ts";
import { formatExplanation } from "./format-explanation.ts";

const policy = compilePolicy({ routes: [
  { host: "*.test", methods: ["GET"] },
  { host: "api.test", ports: [8443] },
  { host: "api.test", methods: ["POST", "PUT"] },
  { host: "api.test", paths: ["/v1/**", "/v2/*", "/a", "/b", "/c", "/d", "/e"] },
  { host: "api.test", paths: ["/ws"], websocket: false },
  { host: "api.test", paths: ["/key"], auth: { scheme: "bearer", tokenRef: "T" } },
  { host: "api.test", deny: true, paths: ["/v1/admin/**"] },
  { host: "api.test", deny: true, ports: [25] },
  { host: "pin.test", passthrough: true },
] });
const base = { host: "api.test", port: 443, method: "GET", path: "/", secure: true };
const outcomes = (request: Partial<DecisionRequest>): readonly string[] =>
  explain(policy, { ...base, ...request }).considered.map(({ position, outcome }) => `${position} ${outcome}`);

test.each<[Partial<DecisionRequest>, readonly string[]]>([
  [{ path: "/v1/x" }, ["7 path", "8 port", "6 path", "2 port", "3 method", "4 decides", "5 path", "1 fits"]],
  [{ path: "/v1/admin" }, ["7 decides", "8 port", "6 path", "2 port", "3 method", "4 fits", "5 path", "1 fits"]],
  [{ path: "/key", secure: false, port: 80, method: "PATCH" }, ["7 path", "8 port", "6 needs-tls", "2 port", "3 method", "4 path", "5 path", "1 method"]],
  [{ path: "/ws", websocket: true }, ["7 path", "8 port", "6 path", "2 port", "3 method", "4 path", "5 websocket", "1 decides"]],
  [{ host: "pin.test" }, ["9 decides", "1 fits"]],
  [{ host: "other" }, []],
  [{ path: "/.." }, []],
])("%j: %j", (request, expected) => {
  expect(outcomes(request)).toEqual(expected);
  expect(explain(policy, { ...base, ...request }).decision).toEqual(decide(policy, { ...base, ...request }));
});

test("an explanation reads well on a terminal", () => {
  expect(formatExplanation(explain(policy, { ...base, path: "/v3?x=1", method: "PUT", port: 8080 }))).toBe([
    "PUT https://api.test:8080/v3?x=1",
    "deny: port-not-allowed (layer route, retry ask)",
    "A route allows this host, but not this port.",
    "Routes that name this host, in the order in which they count:",
    "  route 7 (api.test): not for this path (/v1/admin/**)",
    "  route 8 (api.test): not for port 8080 (25)",
    "  route 6 (api.test): not for port 8080 (80, 443)",
    "  route 2 (api.test): not for port 8080 (8443)",
    "  route 3 (api.test): not for port 8080 (80, 443)",
    "  route 4 (api.test): not for port 8080 (80, 443)",
    "  route 5 (api.test): not for port 8080 (80, 443)",
    "  route 1 (*.test): not for port 8080 (80, 443)",
    "",
  ].join("\n"));
  expect(formatExplanation(explain(policy, { ...base, path: "/x" }))).toContain("  route 4 (api.test): not for this path (/v1/**, /v2/*, /a, /b, /c, and 2 more)\n");
  expect(formatExplanation(explain(policy, { ...base, host: "pin.test" }))).toContain("  route 9 (pin.test): decides: it passes TLS tunnels unread, and no request\n");
  expect(formatExplanation(explain(policy, { ...base, path: "/v1/admin" }))).toMatch(/^GET https:\/\/api\.test\/v1\/admin\ndeny: route-denied \(layer route, retry never\)\n[^]*\(api\.test\): denies this\n/);
  expect(formatExplanation(explain(policy, { ...base, path: "/v1/a" }))).toMatch(/^GET https:\/\/api\.test\/v1\/a\nallow\n/);
});

test("an explanation shows nothing of a request that could steer a terminal, and is short", () => {
  const text = formatExplanation(explain(policy, { ...base, host: "api.test\x1b[2J\u202e", path: `/\r\n${"ü".repeat(1_000)}`, method: "\ud800".repeat(300) }));
  expect(text).toMatch(/^[\x20-\x7e\n]+$/);
  expect(text.split("\n")).toHaveLength(5);
  expect(text).toContain("api.test\\u{1b}[2J\\u{202e}");
  const many = compilePolicy({ routes: Array.from({ length: 50 }, (_, index) => ({ host: "a.test", paths: [`/${index}`] })) });
  expect(formatExplanation(explain(many, { ...base, host: "a.test" })).split("\n").slice(-3)).toEqual(["  route 20 (a.test): not for this path (/19)", "  and 30 more", ""]);
});
