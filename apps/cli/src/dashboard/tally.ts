import type { AuditRecord } from "@bottle/manifest";
import { keptDecisions, type Decision, type Traffic } from "./model.ts";

/** Gathers records between two looks, so that thousands a second cost one change of the screen. */
export interface Tally {
  add(record: AuditRecord): void;
  /** What was added since it was last asked, by bottle. */
  take(): readonly Traffic[];
}

interface Gathered {
  allowed: number;
  denied: number;
  decisions: Decision[];
  used: Map<string, number>;
  isFrozen?: boolean;
}

/** Makes an empty one. It holds at most twice the decisions that are kept of each bottle. */
export function createTally(): Tally {
  let gathered = new Map<string, Gathered>();
  return {
    add({ identity, seq, time, event }) {
      let entry = gathered.get(identity);
      if (!entry) gathered.set(identity, (entry = { allowed: 0, denied: 0, decisions: [], used: new Map() }));
      if (event.type === "control" && event.outcome === "done" && (event.op === "freeze" || event.op === "thaw")) entry.isFrozen = event.op === "freeze";
      if (event.type !== "network" && event.type !== "git") return;
      // A push that goes through is recorded as clean before it goes, and again once the upstream has it.
      if (event.type === "git" && event.reason === "clean") return;
      const count = event.type === "network" ? event.count ?? 1 : 1;
      if (event.decision === "allow") entry.allowed += count;
      else entry.denied += count;
      if (event.type === "network" && event.decision === "allow" && event.route !== undefined) entry.used.set(event.route, (entry.used.get(event.route) ?? 0) + count);
      entry.decisions.push({ identity, seq, time, event });
      if (entry.decisions.length > 2 * keptDecisions) entry.decisions = entry.decisions.slice(-keptDecisions);
    },
    take() {
      const taken = [...gathered].map(([identity, entry]): Traffic => ({ identity, ...entry }));
      gathered = new Map();
      return taken;
    },
  };
}
