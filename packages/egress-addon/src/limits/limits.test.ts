import { expect, test } from "vitest";
import { createLimits, type Lease, type LimitReason } from "./limits.ts";

const taken = (result: Lease | LimitReason): Lease => {
  if (typeof result === "string") throw new Error(result);
  return result;
};

test("so many requests go in a minute, and again in the next", () => {
  let time = 0;
  const limits = createLimits({ now: () => time });
  const route = { host: "a.test", limits: { requestsPerMinute: 2 } };
  for (const _ of [1, 2]) taken(limits.take(route)).end();
  expect(limits.take(route)).toBe("limit-requests");
  time = 59_999;
  expect(limits.take(route)).toBe("limit-requests");
  time = 60_000;
  taken(limits.take(route));
});

test("bytes count while they go, and the request that crosses the limit is told", () => {
  let time = 0;
  const limits = createLimits({ now: () => time });
  const route = { host: "a.test", limits: { bytesOutPerMinute: 100 } };
  const lease = taken(limits.take(route));
  expect([lease.spend(60), lease.spend(40), lease.spend(1)]).toEqual([true, true, false]);
  expect(limits.take(route)).toBe("limit-bytes");
  time = 60_000;
  expect(lease.spend(100)).toBe(true);
});

test("a place is free again when its request is over, once", () => {
  const limits = createLimits({ now: () => 0 });
  const route = { host: "a.test", limits: { concurrent: 1 } };
  const first = taken(limits.take(route));
  expect(limits.take(route)).toBe("limit-concurrent");
  first.end();
  first.end();
  taken(limits.take(route));
  expect(limits.take(route)).toBe("limit-concurrent");
});

test("a reload that leaves a route as it was leaves its counts, and one that changes it starts anew", () => {
  const limits = createLimits({ now: () => 0 });
  taken(limits.take({ host: "a.test", limits: { requestsPerMinute: 1 } }));
  expect(limits.take({ host: "a.test", limits: { requestsPerMinute: 1 } })).toBe("limit-requests");
  taken(limits.take({ host: "a.test", limits: { requestsPerMinute: 2 } }));
});

test("so many requests go in all, however many minutes pass; one that was not sent is given back, once", () => {
  let time = 0;
  const limits = createLimits({ now: () => time });
  const route = { host: "a.test", limits: { requests: 2 } };
  taken(limits.take(route)).end();
  const unsent = taken(limits.take(route));
  expect(limits.take(route)).toBe("limit-uses");
  unsent.giveBack();
  unsent.giveBack();
  unsent.end();
  taken(limits.take(route)).end();
  time = 600_000;
  expect(limits.take({ ...route })).toBe("limit-uses");
});

test("a total belongs to a route for as long as it is in force: a reload without it ends the count, and what comes back begins anew", () => {
  const limits = createLimits();
  const route = { host: "a.test", limits: { requests: 1 } };
  const before = taken(limits.take(route));
  limits.keep([{ host: "b.test" }, { ...route }]);
  expect(limits.take(route)).toBe("limit-uses");
  limits.keep([{ host: "b.test" }]);
  limits.keep([route]);
  taken(limits.take(route));
  before.giveBack();
  before.end();
  expect(limits.take(route)).toBe("limit-uses");
});

test("grants that say the same are counted each for itself, also without a limit", () => {
  const told: (readonly [string, number])[] = [];
  const limits = createLimits({ onUse: (grant, requests) => void told.push([grant, requests]) });
  const [one, other, free] = ["one", "other", "free"].map((grant) => ({ grant, host: "a.test", ...(grant !== "free" && { limits: { requests: 1 } }) }));
  if (one === undefined || other === undefined || free === undefined) throw new Error("not made");
  const lease = taken(limits.take(one));
  taken(limits.take(other)).end();
  for (const _ of [1, 2]) taken(limits.take(free)).end();
  expect([limits.take(one), limits.take(other)]).toEqual(["limit-uses", "limit-uses"]);
  expect(["one", "other", "free", "none"].map((grant) => limits.useOf(grant)))
    .toEqual([{ requests: 1, underWay: 1 }, { requests: 1, underWay: 0 }, { requests: 2, underWay: 0 }, { requests: 0, underWay: 0 }]);
  lease.end();
  expect(limits.useOf("one")).toEqual({ requests: 1, underWay: 0 });
  expect(told).toEqual([["one", 1], ["other", 1], ["free", 1], ["free", 2]]);
});

test("a use that cannot be noted does not go, and does not count", () => {
  let isFull = true;
  const limits = createLimits({ onUse: () => {
    if (isFull) throw new Error("no space");
  } });
  const route = { grant: "one", host: "a.test", limits: { requests: 1 } };
  expect([limits.take(route), limits.take(route)]).toEqual(["internal", "internal"]);
  isFull = false;
  taken(limits.take(route));
});

test("a route without limits has none", () => {
  const limits = createLimits({ now: () => 0 });
  for (let index = 0; index < 1_000; index += 1) expect(taken(limits.take({ host: "a.test" })).spend(1e9)).toBe(true);
});
