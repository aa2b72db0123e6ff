import type { Grant } from "@bottle/manifest";
import { expect, test } from "vitest";
import { endOf, grantedRoutes, hopRoutes } from "./granted-routes.ts";
import { createLedger } from "./ledger.ts";

const grant = (proposal: string, more: Partial<Grant> = {}): Grant => ({ proposal, kind: "egress", route: { host: `${proposal}.test` }, since: "2026-01-01T00:00:00.000Z", used: 0, ...more });

/** A ledger on a file that keeps every write, and an egress that counts as it is told. */
function book(grants: readonly Grant[]) {
  const writes: (readonly Grant[])[] = [];
  const counts = new Map<string, number>();
  const state = { isFull: false };
  const ledger = createLedger({
    grants, now: () => Date.parse("2026-01-02T00:00:00.000Z"), say: () => undefined, useOf: (id) => ({ requests: counts.get(id) ?? 0, underWay: 0 }),
    file: { write(list) {
      if (state.isFull) throw new Error("no space");
      writes.push(list);
    } },
  });
  const use = (id: string): void => {
    const requests = (counts.get(id) ?? 0) + 1;
    ledger.use(id, requests);
    counts.set(id, requests);
  };
  return { ledger, use, state, writes, noted: () => writes.at(-1)?.map(({ proposal, used }) => `${proposal} ${used}`) };
}

test("a grant for so many uses is noted before each block of them goes, at most sixteen times", () => {
  const { ledger, use, writes, noted } = book([grant("p-1", { uses: 100 })]);
  for (let count = 1; count <= 100; count += 1) {
    use("p-1");
    expect(writes.at(-1)?.[0]?.used).toBeGreaterThanOrEqual(count);
  }
  expect([writes.length <= 16, noted()]).toEqual([true, ["p-1 100"]]);
  ledger[Symbol.dispose]();
});

test("what a process that was killed had noted is not used again; one that ends in peace gives back what it had not used", () => {
  const first = book([grant("p-1", { uses: 100 })]);
  first.use("p-1");
  const kept = first.writes.at(-1) ?? [];
  const second = book(kept);
  expect(second.ledger.usedBefore("p-1")).toBe(7);
  expect(grantedRoutes(second.ledger.list(), second.ledger.usedBefore)).toEqual([{ grant: "p-1", host: "p-1.test", limits: { requests: 93 } }]);
  first.ledger[Symbol.dispose]();
  expect(first.noted()).toEqual(["p-1 1"]);
});

test("a use that cannot be noted throws, and the next is tried anew", () => {
  const { use, state, noted } = book([grant("p-1", { uses: 1 })]);
  state.isFull = true;
  expect(() => use("p-1")).toThrow("no space");
  state.isFull = false;
  use("p-1");
  expect(noted()).toEqual(["p-1 1"]);
});

test("uses without a limit cost no write each, and are kept at the end", () => {
  const { ledger, use, writes, noted } = book([grant("p-1")]);
  for (let count = 0; count < 1_000; count += 1) use("p-1");
  expect(writes).toEqual([]);
  expect(ledger.list()).toMatchObject([{ used: 1_000, lastUsedAt: "2026-01-02T00:00:00.000Z" }]);
  ledger[Symbol.dispose]();
  expect(noted()).toEqual(["p-1 1000"]);
});

test("what cannot be kept is not there; what cannot be removed is gone all the same, and from the next write on", () => {
  const { ledger, state, noted } = book([grant("p-1")]);
  state.isFull = true;
  expect(() => ledger.keep([grant("p-1"), grant("p-2")])).toThrow("no space");
  expect(ledger.list().map(({ proposal }) => proposal)).toEqual(["p-1"]);
  expect(() => ledger.remove("p-1")).toThrow("no space");
  expect(ledger.list()).toEqual([]);
  state.isFull = false;
  ledger.keep([grant("p-3")]);
  expect(noted()).toEqual(["p-3 0"]);
  ledger[Symbol.dispose]();
});

test("grants without a number of uses come first, then the newest; the hop is told of hosts alone", () => {
  const grants = [grant("p-1", { uses: 1 }), grant("p-2"), grant("p-3", { uses: 3, used: 1 }), grant("p-4", { kind: "pipelock" })];
  expect(grantedRoutes(grants, () => 0).map((route) => route.grant)).toEqual(["p-2", "p-3", "p-1"]);
  expect(hopRoutes([{ host: "own.test", dlp: "off" }], grants.slice(2))).toEqual([{ host: "own.test", dlp: "off" }, { host: "p-3.test" }, { host: "p-4.test" }]);
});

test("a grant ends at its time and with its last use", () => {
  const at = Date.parse("2026-01-02T00:00:00.000Z");
  expect([endOf(grant("p-1"), at), endOf(grant("p-1", { until: "2026-01-02T00:00:00.001Z" }), at), endOf(grant("p-1", { until: "2026-01-02T00:00:00.000Z" }), at)]).toEqual([undefined, undefined, "expired"]);
  expect([endOf(grant("p-1", { uses: 2, used: 1 }), at), endOf(grant("p-1", { uses: 2, used: 2 }), at)]).toEqual([undefined, "used-up"]);
});
