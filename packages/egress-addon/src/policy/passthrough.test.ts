import { expect, test } from "vitest";
import { compilePolicy } from "./compile.ts";
import { decide, type DecisionRequest, decideTunnel } from "./decide.ts";
import { dlpOf } from "./dlp.ts";

const policy = compilePolicy({ routes: [
  { host: "*.test" },
  { host: "pinned.test", passthrough: true },
  { host: "*.apps.test", passthrough: true, ports: [443, 5223] },
  { host: "closed.apps.test", deny: true },
  { host: "chat.example" },
  { host: "quiet.example", websocket: false },
  { host: "both.example", websocket: false, paths: ["/a/**"] },
  { host: "both.example", paths: ["/a/ws"] },
] });

const ask = (request: Partial<DecisionRequest>): string => {
  const decision = decide(policy, { host: "pinned.test", port: 443, method: "GET", path: "/", secure: true, ...request });
  return decision.decision === "allow" ? `by ${decision.route.host}` : `${decision.layer} ${decision.reason} ${decision.retry}`;
};
const open = (host: string, port = 443): string => {
  const decision = decideTunnel(policy, { host, port });
  return decision.decision === "allow" ? `${decision.route.host}${decision.route.passthrough === true ? " unread" : ""}` : decision.reason;
};

test("a tunnel is passed unread exactly where its most specific route says so", () => {
  expect([open("pinned.test"), open("PINNED.test."), open("x.apps.test"), open("x.apps.test", 5223)])
    .toEqual(["pinned.test unread", "pinned.test unread", "*.apps.test unread", "*.apps.test unread"]);
  expect([open("other.test"), open("apps.test"), open("pinned.test", 80), open("a.pinned.test")]).toEqual(Array(4).fill("*.test"));
  expect([open("closed.apps.test"), open("pinned.test", 8443), open("pinned.example")]).toEqual(["route-denied", "port-not-allowed", "no-route"]);
});

test("a request that the proxy would have to read is not sent by a passthrough route, nor by a wider one", () => {
  expect([ask({}), ask({ secure: false }), ask({ host: "x.apps.test", port: 5223 })]).toEqual(Array(3).fill("route passthrough-only never"));
  expect([ask({ host: "closed.apps.test" }), ask({ port: 80, secure: false }), ask({ host: "apps.test" })]).toEqual(["route route-denied never", "by *.test", "by *.test"]);
});

test("an upgrade to WebSocket needs a route that does not refuse it", () => {
  const upgrade = (host: string, path = "/"): string => ask({ host, path, websocket: true });
  expect([upgrade("chat.example"), upgrade("quiet.example"), upgrade("both.example", "/a/x"), upgrade("both.example", "/a/ws"), upgrade("both.example", "/b")]).toEqual([
    "by chat.example", "route websocket-not-allowed never", "route websocket-not-allowed never", "by both.example", "route path-not-allowed ask",
  ]);
  expect(ask({ host: "quiet.example" })).toBe("by quiet.example");
});

test("secrets block unless the route says otherwise, and are not looked for where nothing is read", () => {
  const host = "a.test";
  expect([dlpOf({ host }), dlpOf({ host, dlp: "warn" }), dlpOf({ host, dlp: { action: "block", streaming: true } }), dlpOf({ host, dlp: { action: "off" } }), dlpOf({ host, passthrough: true })]).toEqual([
    { action: "block", streaming: false }, { action: "warn", streaming: false }, { action: "block", streaming: true }, { action: "off", streaming: false }, { action: "off", streaming: false },
  ]);
});
