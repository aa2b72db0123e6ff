import type { AuditRecord, CheckpointEvent } from "./event.ts";

/**
 * What a checkpoint's signature is over: all of its own line but the signature. `prev` chains every line before, so it is over those too.
 * The first words keep a signature from counting for anything else.
 */
export function checkpointText(record: Omit<AuditRecord, "event">, { key, closed }: Omit<CheckpointEvent, "type" | "signature">): string {
  const { seq, time, identity, prev } = record;
  return ["bottle audit checkpoint 1", identity, seq, time, prev, key, closed ? "closed" : "open"].join("\n");
}
