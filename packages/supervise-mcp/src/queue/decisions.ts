import type { Proposal } from "@bottle/manifest";
import type { Approval, Rejection, Settlement, SuperviseOptions } from "../options.ts";
import { isOpen } from "./change.ts";
import { checkDecision } from "./check-decision.ts";
import { decided, notApproved, otherThanShown, unknown } from "./complaints.ts";
import type { Queue } from "./queue.ts";
import { createTurns } from "./turns.ts";

/** What operators decide. */
export interface Decisions extends AsyncDisposable {
  approve(request: Approval): Promise<Proposal>;
  reject(request: Rejection): Promise<Proposal>;
  settle(request: Settlement): Promise<Proposal>;
  /** Whether the agent can be told what became of it. */
  isAnswered(proposal: Proposal): boolean;
}

interface DecisionsOptions {
  readonly queue: Queue;
  readonly now: () => number;
  readonly apply: SuperviseOptions["apply"];
}

/** The operator's side of a queue. What is approved is put in force one after the other. */
export function createDecisions({ queue, now, apply }: DecisionsOptions): Decisions {
  const applying = createTurns();
  // Approved, and for somebody else to put in force.
  const later = new Set<string>();

  const decide = (state: "approved" | "rejected", { proposal: id, hash, ...said }: Approval): Promise<Proposal> => queue.change(id, (proposal) => {
    if (proposal.state !== "pending") throw decided(proposal);
    if (proposal.hash !== hash) throw otherThanShown(proposal);
    return { state, decision: checkDecision(proposal, said, now()) };
  });
  const settle = async (id: string, failure?: string): Promise<Proposal> => {
    const settled = await queue.change(id, () => (failure === undefined ? { state: "applied" } : { state: "failed", failure }));
    later.delete(id);
    return settled;
  };
  const putInForce = (proposal: Proposal): Promise<Proposal> => applying.run(async () => {
    const outcome = await Promise.resolve(proposal).then(apply).catch((error: unknown) => ({ failure: sentenceOf(error) }));
    // First, since it can be settled from here on if that cannot be kept now.
    later.add(proposal.id);
    if (outcome === "later") return queue.touch(proposal.id);
    return settle(proposal.id, outcome === "applied" ? undefined : outcome.failure);
  });

  return {
    approve: async (request) => putInForce(await decide("approved", request)),
    reject: ({ proposal, hash, by, reason }) => decide("rejected", { proposal, hash, by, ...(reason !== undefined && { reason }) }),
    async settle({ proposal: id, outcome, detail }) {
      const proposal = queue.get(id);
      if (proposal === undefined) throw unknown(id);
      if (proposal.state !== "approved" || !later.has(id)) throw notApproved(proposal);
      return settle(id, outcome === "applied" ? undefined : detail ?? "The operator's command could not put it in force.");
    },
    isAnswered: (proposal) => !isOpen(proposal) || later.has(proposal.id),
    [Symbol.asyncDispose]: () => applying.idle(),
  };
}

function sentenceOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 2000) || "It could not be put in force.";
}
