import type { AuditEvent, AuditRecord } from "@bottle/manifest";
import { expect, test } from "vitest";
import { tallyLastStart, tallyText } from "./tally.ts";

const network = { type: "network", layer: "route", reason: "r", host: "a.test", port: 443, method: "GET", path: "/" } as const;
const push = { type: "git", op: "push", repository: "app" } as const;
const checkpoint = (key: string): AuditEvent => ({ type: "checkpoint", key, signature: "s" });

async function* recordsOf(events: readonly AuditEvent[]): AsyncGenerator<AuditRecord> {
  for (const [seq, event] of events.entries()) yield { seq, time: "2026-01-02T03:04:05Z", identity: "dev-4k2x9", prev: "", event };
}

test("what happened in the last start is counted: requests, bytes, pushes, grants, alarms; not what bottle asks itself", async () => {
  const tally = await tallyLastStart(recordsOf([
    checkpoint("one"), { ...network, decision: "allow", bytesOut: 1000 }, { type: "grant", decision: "approved", proposal: "p-1" },
    checkpoint("two"), { ...network, decision: "allow", host: "_egress.local" },
    { ...network, decision: "allow", bytesOut: 3, bytesIn: 5 }, { ...network, decision: "deny", count: 7, alarm: true }, checkpoint("two"), { ...network, decision: "deny" },
    { ...push, decision: "allow", reason: "clean" }, { ...push, decision: "allow", reason: "accepted" }, { ...push, decision: "deny", reason: "secret-found" }, { ...push, decision: "deny", op: "fetch", reason: "undeclared" },
    ...(["approved", "approved", "rejected", "expired", "used-up", "revoked"] as const).map((decision) => ({ type: "grant", decision, proposal: "p-1" }) as const),
  ]));
  expect(tally).toEqual({ requests: { allow: 1, deny: 8 }, bytes: { out: 3, in: 5 }, pushes: { allow: 1, deny: 1 }, grants: { approved: 2, rejected: 1, ended: 3 }, alarms: 7 });
  expect(tallyText(tally)).toBe("1 requests allowed, 8 denied, 3 bytes out, 5 in. Pushes: 1 taken by their upstream, 1 refused. Grants: 2 approved, 1 rejected, 3 ended. Alarms: 7.");
});

test("of what did not happen only the requests are told", async () => {
  expect(tallyText(await tallyLastStart(recordsOf([])))).toBe("0 requests allowed, 0 denied, 0 bytes out, 0 in.");
});
