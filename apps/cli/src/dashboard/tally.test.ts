import type { AuditEvent, AuditRecord, NetworkEvent } from "@bottle/manifest";
import { expect, test } from "vitest";
import { keptDecisions } from "./model.ts";
import { addCounts, noRates, ratesAt } from "./rates.ts";
import { createTally } from "./tally.ts";

const network = (change: Partial<NetworkEvent> = {}): NetworkEvent => ({ type: "network", decision: "allow", layer: "route", reason: "allowed", host: "a.example", port: 443, method: "GET", path: "/", route: "*.example", ...change });
const record = (seq: number, event: AuditEvent, identity = "dev-aaaaa"): AuditRecord => ({ seq, time: "2026-05-04T12:00:00Z", identity, prev: "", event });

test("every request is counted, also those that one line stands for; of the decisions the last are held", () => {
  const tally = createTally();
  for (let seq = 0; seq < 10_000; seq += 1) tally.add(record(seq, network()));
  tally.add(record(10_000, network({ decision: "deny", count: 500 })));
  tally.add(record(0, network(), "dev-bbbbb"));
  const [first, second] = tally.take();
  expect(first).toMatchObject({ identity: "dev-aaaaa", allowed: 10_000, denied: 500, used: new Map([["*.example", 10_000]]) });
  expect(first?.decisions.length).toBeLessThanOrEqual(2 * keptDecisions);
  expect(first?.decisions.at(-1)?.seq).toBe(10_000);
  expect(second).toMatchObject({ identity: "dev-bbbbb", allowed: 1 });
  expect(tally.take()).toEqual([]);
});

test("a freeze that was done is learnt, one that failed is not; a push is counted once", () => {
  const tally = createTally();
  tally.add(record(1, { type: "control", op: "freeze", outcome: "failed" }));
  expect(tally.take()).toEqual([expect.not.objectContaining({ isFrozen: true })]);
  tally.add(record(2, { type: "control", op: "freeze", outcome: "done" }));
  for (const reason of ["clean", "accepted"]) tally.add(record(3, { type: "git", decision: "allow", op: "push", repository: "app", reason }));
  expect(tally.take()).toMatchObject([{ isFrozen: true, allowed: 1, decisions: [{ event: { reason: "accepted" } }] }]);
});

test("rates are a mean of five seconds and a sum of sixty, and go down by themselves", () => {
  const at = 1_000_000_000;
  let rates = noRates;
  for (let second = 0; second < 120; second += 1) for (const part of [0, 500]) rates = addCounts(rates, at + second * 1000 + part, { allowed: 2, denied: 1 });
  const end = at + 119_999;
  expect(ratesAt(rates, end)).toEqual({ perSecond: 4, perMinute: 240, deniedPerSecond: 2, deniedPerMinute: 120 });
  expect(ratesAt(rates, end + 10_000)).toMatchObject({ perSecond: 0, perMinute: 200 });
  expect(ratesAt(rates, end + 60_000)).toMatchObject({ perMinute: 0, deniedPerMinute: 0 });
  expect(rates.seconds.length).toBeLessThanOrEqual(60);
});
