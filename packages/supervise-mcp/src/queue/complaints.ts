import type { Proposal } from "@bottle/manifest";
import { SuperviseError } from "../errors.ts";
import { clean } from "./clean.ts";

/** There is no such proposal. */
export function unknown(id: string): SuperviseError {
  return new SuperviseError("proposal-unknown", `There is no proposal ${clean(id, 40)} in this bottle's queue. \`bottle proposals\` lists them.`);
}

/** What is asked is not what was shown. */
export function otherThanShown({ id }: Proposal): SuperviseError {
  return new SuperviseError("proposal-changed", `What ${id} asks is not what you were shown, so nothing was decided. Look at it again: \`bottle proposals show ${id}\`.`);
}

/** Somebody, or time, was first. */
export function decided({ id, state, decision, changedAt, failure }: Proposal): SuperviseError {
  return new SuperviseError("proposal-decided", `${id} cannot be decided any more: ${becameOf()}.`);

  function becameOf(): string {
    if (decision === undefined) return state === "withdrawn" ? `the agent took it back at ${changedAt}` : `nobody decided in time, and it expired at ${changedAt}`;
    const who = `${clean(decision.by, 200)} ${state === "rejected" ? "rejected" : "approved"} it at ${decision.at}`;
    if (state === "failed") return `${who}, and it could not be put in force: ${clean(failure ?? "").replace(/\.$/, "")}`;
    return state === "applied" ? `${who}, and it is in force` : who;
  }
}

/** It does not wait to be settled. */
export function notApproved(proposal: Proposal): SuperviseError {
  return new SuperviseError("proposal-not-approved", `${proposal.id} does not wait to hear what became of it: it is ${proposal.state}.`);
}

/** It is in force, and the queue could not be told. */
export function inForceUnsaid({ id }: Proposal, cause: unknown): SuperviseError {
  return new SuperviseError("queue-failed", `${id} is in force, but that cannot be written down: ${cause instanceof Error ? cause.message : String(cause)} Mend that and settle it as applied, or end the bottle.`, { cause });
}
