import type { Duplex } from "node:stream";
import type { Isolation } from "@bottle/manifest";
import type { Bottle } from "./bottle.ts";
import type { BottlePlan } from "./plan.ts";
import type { BottleSpec } from "./spec.ts";

/** Whether a backend can run here, and the mend if it cannot. */
export type Availability =
  | { readonly available: true; readonly version: string; readonly caveats: readonly string[] }
  | { readonly available: false; readonly reason: string; readonly mend: string };

/** A step of a launch, for the progress line. */
export type LaunchStep = "credentials" | "state" | "sidecars and bottle" | "ca" | "prompt" | "skills" | "git" | "supervise" | "self-check";

/** Options of `launch`. */
export interface LaunchOptions {
  readonly onStep?: (step: LaunchStep) => void;
  /** Told when something ends that should not, for example the sidecars. A sentence for the operator. */
  readonly onWarning?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/** What the caller of a backend uses: the contract all backends keep. */
export interface Backend {
  readonly name: "bubblewrap" | "docker" | "smolmachines";
  readonly isolation: Isolation;
  /** A look that starts nothing: it is on the way of every launch. */
  availability(): Promise<Availability>;
  /** Tries in earnest what a bottle stands on, and takes it down again. */
  trial(): Promise<Availability>;
  /** Validates, then resolves; reads only. */
  prepare(spec: BottleSpec): Promise<PreparedBottle>;
  /** Opens a bottle that another process launched, by its state directory. Disposing the result leaves the bottle running. */
  connect(identity: string): Promise<Bottle>;
  /** Brings the state directory up to date with a running bottle, where its files live elsewhere; otherwise does nothing. The record is its audit log. */
  refresh(identity: string, part: "everything" | "record"): Promise<void>;
  /** A connection to the operator's control socket of a running bottle's sidecars, wherever they run. The caller ends it. @throws BottleError `identity-unknown`, `not-running` */
  control(identity: string, signal?: AbortSignal): Promise<Duplex>;
  /** How many things a bottle still has outside its state directory: processes, containers. */
  leftovers(identity: string): Promise<number>;
  /**
   * Identities of this BOTTLE_HOME under which something is kept outside the state directory, whether or not they have a folder
   * there. Asks nobody where this backend was never used.
   */
  identities(): Promise<readonly string[]>;
  /** Ends what is left of a bottle whose keeper is gone; returns sentences on what was removed. Touches nothing else. */
  sweep(identity: string): Promise<readonly string[]>;
}

/** A plan and the one act it is for. */
export interface PreparedBottle {
  readonly plan: BottlePlan;
  launch(options?: LaunchOptions): Promise<Bottle>;
}
