import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { exclusively } from "./exclusive.ts";

test("work under one lock never overlaps, and goes on after one that failed", async () => {
  let isBusy = false;
  const work = async (fails: boolean): Promise<void> => {
    expect(isBusy).toBe(false);
    isBusy = true;
    await delay(20);
    isBusy = false;
    if (fails) throw new Error("on purpose");
  };
  const results = await Promise.allSettled([true, false, false, false].map((fails) => exclusively(`bottle-test-${process.pid}`, 10_000, () => work(fails))));
  expect(results.map(({ status }) => status)).toEqual(["rejected", "fulfilled", "fulfilled", "fulfilled"]);
});

test("a lock that is not free in time is said, with its name", async () => {
  const name = `bottle-test-held-${process.pid}`;
  await exclusively(name, 1000, async () => {
    await expect(exclusively(name, 300, () => Promise.resolve())).rejects.toThrow(`Another process has held the lock "${name}" for too long`);
  });
});
