import type { Bottle, BottleSpec } from "@bottle/backend-core";
import { afterAll, beforeAll } from "vitest";
import { startRig, type Rig } from "./rig.ts";
import type { ConformanceSetup } from "./suite.ts";

/** A rig and one bottle for all tests of a `describe`, since starting is the slow part. */
export function sharedBottle(setup: ConformanceSetup, change: (rig: Rig) => Partial<BottleSpec> = () => ({})): { rig(): Rig; bottle(): Bottle } {
  let rig: Rig | undefined;
  let bottle: Bottle | undefined;
  beforeAll(async () => {
    rig = await startRig(setup);
    bottle = await rig.launch(change(rig));
  });
  afterAll(async () => {
    await bottle?.[Symbol.asyncDispose]();
    await rig?.[Symbol.asyncDispose]();
  });
  const need = <T>(value: T | undefined): T => {
    if (value === undefined) throw new Error("The shared bottle did not start; see beforeAll.");
    return value;
  };
  return { rig: () => need(rig), bottle: () => need(bottle) };
}
