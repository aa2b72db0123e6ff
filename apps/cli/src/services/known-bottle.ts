import { isAlive, isIdentity, type StateStore } from "@bottle/backend-core";
import type { Metadata } from "@bottle/manifest";
import { CliError, exitStatus } from "../errors.ts";

/** A bottle of the state directory. */
export interface KnownBottle {
  readonly metadata: Metadata;
  /** Whether the process that keeps it runs. */
  readonly isKept: boolean;
  /** What people are told: its status, or that its keeper is gone. */
  readonly status: "starting" | "running" | "stopped" | "crashed";
}

/** Reads a bottle; an unknown identity is answered with the known ones. @throws CliError `identity-unknown` */
export async function knownBottle(state: StateStore, identity: string): Promise<KnownBottle> {
  const entries = await state.list();
  if (isIdentity(identity) && entries.some((entry) => entry.identity === identity)) return describe(await state.read(identity));
  const known = entries.map((entry) => entry.identity);
  const near = known.filter((name) => name.startsWith(identity.slice(0, 3)) || name.endsWith(identity.slice(-5)));
  const list = (near.length > 0 ? near : known).slice(0, 10).join(", ");
  throw new CliError("identity-unknown", `There is no bottle "${identity.slice(0, 80)}".`, {
    status: exitStatus.identity, mend: known.length === 0 ? "There is none at all yet: `bottle start <agent>`." : `${near.length > 0 ? "Did you mean" : "Known"}: ${list}`,
  });
}

/** A bottle's metadata with what is true of it now. */
export function describe(metadata: Metadata): KnownBottle {
  const isKept = metadata.keeper !== undefined && metadata.status !== "stopped" && isAlive(metadata.keeper);
  const isLost = !isKept && (metadata.status === "running" || metadata.status === "starting");
  return { metadata, isKept, status: isLost ? "crashed" : metadata.status };
}

/** Metadata of a bottle nobody keeps any more. */
export function withoutKeeper(metadata: Metadata): Metadata {
  const { keeper, ...rest } = metadata;
  void keeper;
  return rest;
}
