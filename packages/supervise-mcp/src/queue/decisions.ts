import type { Proposal } from "@bottle/manifest";
import type { Approval, Rejection, Settlement, SuperviseOptions } from "../options.ts";
import { isOpen } from "./change.ts";
import { checkDecision } from "./check-decision.ts";
import { decided, inForceUnsaid, notApproved, otherThanShown, unknown } from "./complaints.ts";
import { messageOf } from "./files.ts";
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
  readonly say: (sentence: string) => void;
  /** For so long what is left for later may wait. */
  readonly settleMs: number;
}

/** The operator's side of a queue. What is approved is put in force one after the other. */
export function createDecisions({ queue, now, apply, say, settleMs }: DecisionsOptions): Decisions {
  const applying = createTurns();
  // Approved, and for somebody else to put in force, or to say that it is.
  const later = new Map<string, NodeJS.Timeout | undefined>();

  const decide = (state: "approved" | "rejected", { proposal: id, hash, ...said }: Approval): Promise<Proposal> => queue.change(id, (proposal) => {
    if (proposal.state !== "pending") throw decided(proposal);
    if (proposal.hash !== hash) throw otherThanShown(proposal);
    return { state, decision: checkDecision(proposal, said, now()) };
  });
  const settle = async (id: string, failure?: string): Promise<Proposal> => {
    const settled = await queue.change(id, () => (failure === undefined ? { state: "applied" } : { state: "failed", failure }));
    clearTimeout(later.get(id));
    later.delete(id);
    return settled;
  };
  const leave = ({ id }: Proposal): Proposal => {
    const giveUp = (): void => void settle(id, "The operator's command did not say in time that it is in force.").catch((error: unknown) => say(messageOf(error)));
    later.set(id, setTimeout(giveUp, settleMs).unref());
    return queue.touch(id);
  };
  const putInForce = (proposal: Proposal): Promise<Proposal> => applying.run(async () => {
    const outcome = await Promise.resolve(proposal).then(apply).catch((error: unknown) => ({ failure: sentenceOf(error) }));
    if (outcome === "later") return leave(proposal);
    // It can be settled from here on if that cannot be kept now.
    later.set(proposal.id, undefined);
    if (outcome !== "applied") return settle(proposal.id, outcome.failure);
    return settle(proposal.id).catch((cause: unknown) => {
      throw inForceUnsaid(proposal, cause);
    });
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
    async [Symbol.asyncDispose]() {
      await applying.idle();
      for (const timer of later.values()) clearTimeout(timer);
    },
  };
}

function sentenceOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 2000) || "It could not be put in force.";
}
