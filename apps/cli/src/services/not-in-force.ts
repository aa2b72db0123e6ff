import type { BottleManifest } from "@bottle/manifest";

/** A key that a manifest may have and that this version does nothing with: what that means for the one who wrote it. */
export interface NotInForce {
  /** The key with what it was given, for example `supervise: true`. */
  readonly key: string;
  /** In a sentence for people. */
  readonly means: string;
}

/** Keys of a bottle that are without effect and leave it no wider than was written. Defaults that nobody wrote are not told. */
export function notInForce(bottle: BottleManifest): readonly NotInForce[] {
  return bottle.supervise ? [{ key: "supervise: true", means: "the agent cannot ask: what no route allows stays refused" }] : [];
}
