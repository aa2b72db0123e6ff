import { expect, test } from "vitest";
import { createLimits, type Lease, type LimitReason } from "./limits.ts";

const taken = (result: Lease | LimitReason): Lease => {
  if (typeof result === "string") throw new Error(result);
  return result;
};

test("so many requests go in a minute, and again in the next", () => {
  let time = 0;
  const limits = createLimits(() => time);
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
  const limits = createLimits(() => time);
  const route = { host: "a.test", limits: { bytesOutPerMinute: 100 } };
  const lease = taken(limits.take(route));
  expect([lease.spend(60), lease.spend(40), lease.spend(1)]).toEqual([true, true, false]);
  expect(limits.take(route)).toBe("limit-bytes");
  time = 60_000;
  expect(lease.spend(100)).toBe(true);
});

test("a place is free again when its request is over, once", () => {
  const limits = createLimits(() => 0);
  const route = { host: "a.test", limits: { concurrent: 1 } };
  const first = taken(limits.take(route));
  expect(limits.take(route)).toBe("limit-concurrent");
  first.end();
  first.end();
  taken(limits.take(route));
  expect(limits.take(route)).toBe("limit-concurrent");
});

test("a reload that leaves a route as it was leaves its counts, and one that changes it starts anew", () => {
  const limits = createLimits(() => 0);
  taken(limits.take({ host: "a.test", limits: { requestsPerMinute: 1 } }));
  expect(limits.take({ host: "a.test", limits: { requestsPerMinute: 1 } })).toBe("limit-requests");
  taken(limits.take({ host: "a.test", limits: { requestsPerMinute: 2 } }));
});

test("a route without limits has none", () => {
  const limits = createLimits(() => 0);
  for (let index = 0; index < 1_000; index += 1) expect(taken(limits.take({ host: "a.test" })).spend(1e9)).toBe(true);
});
