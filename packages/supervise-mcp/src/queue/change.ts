import type { Proposal, ProposalDecision, ProposalState } from "@bottle/manifest";

/** A step of a proposal's life. */
export type Change =
  | { readonly state: "approved" | "rejected"; readonly decision: ProposalDecision }
  | { readonly state: "expired" | "withdrawn" | "applied" }
  | { readonly state: "failed"; readonly failure: string };

// As `ProposalState` of @bottle/manifest says.
const ways: Readonly<Record<ProposalState, readonly ProposalState[]>> = {
  pending: ["approved", "rejected", "expired", "withdrawn"],
  approved: ["applied", "failed"],
  rejected: [], expired: [], withdrawn: [], applied: [], failed: [],
};

/** The proposal after a step; undefined where its state knows no such step. */
export function changed(proposal: Proposal, change: Change, changedAt: string): Proposal | undefined {
  return ways[proposal.state].includes(change.state) ? { ...proposal, ...change, changedAt } : undefined;
}

/** Whether a proposal has not come to its end. */
export function isOpen({ state }: Pick<Proposal, "state">): boolean {
  return ways[state].length > 0;
}
