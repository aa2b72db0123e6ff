import type { SuperviseLimits } from "../options.ts";

/** Why there cannot be one more. */
export interface Flood {
  readonly cause: "pending" | "per-hour";
  /** For the agent. */
  readonly sentence: string;
}

export const hourMs = 3_600_000;

/**
 * Whether one more proposal is one too many.
 * @param made when the ones of the last hour were made
 */
export function floodOf({ pending, made }: { readonly pending: number; readonly made: readonly number[] }, limits: Pick<SuperviseLimits, "pending" | "perHour">): Flood | undefined {
  if (pending >= limits.pending) {
    return { cause: "pending", sentence: `${pending} proposals wait for the operator already, and no more can. Wait for answers: call again with the same arguments as before, or cancel a call that is not needed any more.` };
  }
  if (made.length >= limits.perHour) {
    return { cause: "per-hour", sentence: `${made.length} proposals were made in the last hour, and no more can be. Go on with what you have, and ask later for what is really needed.` };
  }
  return undefined;
}
