import { expect, test } from "vitest";
import { parseControlRequest } from "./request.ts";

const hash = "0".repeat(64);
const decision = { proposal: "p-00000000", hash, by: "op@host" };

test.each([
  { op: "proposals" }, { op: "grants" }, { op: "follow" }, { op: "follow", after: -1 },
  { op: "approve", ...decision },
  { op: "approve", ...decision, reason: "Go on.", until: "2030-01-01T00:00:00Z", uses: 2, always: true, route: { host: "a.test", ports: [443], methods: ["GET"], paths: ["/**"] } },
  { op: "reject", ...decision, reason: "No." }, { op: "settle", proposal: "p-00000000", outcome: "failed", detail: "It was not built." }, { op: "revoke", proposal: "p-00000000", by: "op@host" },
] as const)("%j is an order, and nothing else goes with it", (order) => {
  expect(parseControlRequest(JSON.stringify({ ...order, more: true }))).toEqual(order);
});

test.each([
  { op: "approve" }, { op: "approve", proposal: "p-00000000", by: "op@host" }, { op: "approve", proposal: "p-00000000", hash }, { op: "approve", ...decision, proposal: 1 },
  { op: "approve", ...decision, uses: "2" }, { op: "approve", ...decision, until: 1 }, { op: "approve", ...decision, always: "yes" }, { op: "approve", ...decision, reason: {} },
  { op: "reject", proposal: "p-00000000", hash }, { op: "settle", proposal: "p-00000000", outcome: "approved" }, { op: "revoke", proposal: "p-00000000" }, { op: "withdraw", ...decision },
])("%j is none", (order) => {
  expect(parseControlRequest(JSON.stringify(order))).toBeUndefined();
});

test.each([
  { host: "*" }, { host: "a.test", auth: { scheme: "bearer", tokenRef: "T" } }, { host: "a.test", dlp: "off" }, { host: "a.test", passthrough: true }, { host: "a.test", limits: { requests: 1 } },
  { host: "a.test", ports: [] }, { host: "A.test" }, {}, null, "a.test",
])("%j is no route that can be granted, whoever says so", (route) => {
  expect(() => parseControlRequest(JSON.stringify({ op: "approve", ...decision, route }))).toThrow(/granted/);
});
