import { isDeepStrictEqual } from "node:util";
import type { Ask, Proposal } from "@bottle/manifest";
import { isOpen } from "./change.ts";

/** What is asked once more. */
export interface Question {
  readonly ask: Ask;
  /** Of the ask and its justification. */
  readonly hash: string;
}

/**
 * The proposal that a question goes on with: one that asks the same and is not at its end, whatever the justification is now; or one
 * with the same justification that was rejected a moment ago.
 * @param proposals newest first
 */
export function findSame(proposals: readonly Proposal[], question: Question, { now, rejectionMs }: { readonly now: number; readonly rejectionMs: number }): Proposal | undefined {
  return proposals.find((proposal) => isOpen(proposal) && isDeepStrictEqual(proposal.ask, question.ask))
    ?? proposals.find(({ state, hash, changedAt }) => state === "rejected" && hash === question.hash && Date.parse(changedAt) > now - rejectionMs);
}
