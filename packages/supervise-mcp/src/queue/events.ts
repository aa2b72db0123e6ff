import type { GrantEvent, Lifetime, Proposal, ProposalEvent } from "@bottle/manifest";
import { shownAsk, shownRoute } from "@bottle/manifest/state";
import { clean } from "./clean.ts";

/** What is recorded of a proposal that has come to its state. */
export function eventOf(proposal: Proposal): ProposalEvent | GrantEvent {
  const { state, decision, ask } = proposal;
  if (state === "approved" || state === "rejected") {
    return { type: "grant", decision: state, proposal: proposal.id, ...(decision && { by: clean(decision.by, 200) }), detail: describeDecision(proposal) };
  }
  return { type: "proposal", state, kind: ask.kind, proposal: proposal.id, detail: clean(proposal.failure ?? shownAsk(ask)) };
}

/** What is recorded where something was recorded that then did not come about. */
export function retractionOf({ id, ask, state }: Proposal): ProposalEvent {
  return { type: "proposal", state: "failed", kind: ask.kind, proposal: id, detail: `It could not be kept that this is ${state}: it is as it was before.` };
}

function describeDecision({ ask, decision }: Proposal): string {
  const granted = decision?.route === undefined ? "" : `; granted instead: ${shownRoute(decision.route)}`;
  const reason = decision?.reason === undefined ? "" : `: ${decision.reason}`;
  return clean(`${shownAsk(ask)}${granted}${describeLifetime(decision ?? {})}${decision?.always === true ? ", in the manifest as well" : ""}${reason}`);
}

function describeLifetime({ until, uses }: Lifetime): string {
  return `${uses === undefined ? "" : `, for ${uses} ${uses === 1 ? "use" : "uses"}`}${until === undefined ? "" : `, until ${until}`}`;
}
