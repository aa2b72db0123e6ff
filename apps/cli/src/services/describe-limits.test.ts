import { expect, test } from "vitest";
import { describeLimits } from "./describe-limits.ts";

test("limits are told in the units they are written in", () => {
  expect(describeLimits({ memoryBytes: 2_147_483_648, pids: 100, cpus: 1.5 })).toEqual(["memory 2048MiB", "pids 100", "cpus 1.5"]);
  expect(describeLimits({ memoryBytes: 1_048_577 })).toEqual(["memory 1048577 bytes"]);
  expect(describeLimits({})).toEqual([]);
});
