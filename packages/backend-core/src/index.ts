export type { Availability, Backend, LaunchOptions, LaunchStep, PreparedBottle } from "./backend.ts";
export type { AttachOptions, Bottle, ExecOptions, ExecResult } from "./bottle.ts";
export type { BottlePlan } from "./plan.ts";
export type { RunningSidecars, SidecarsLauncher } from "./sidecars.ts";
export type { BottleSpec, EgressSpec, HomeSpec, ReadOnlyMount, WorkspaceSpec } from "./spec.ts";
