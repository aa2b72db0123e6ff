import type { Proposal } from "@bottle/manifest";
import { CliError, exitStatus } from "../errors.ts";
import type { Asked } from "./read-asked.ts";
import { describeDecision } from "./show-proposal.ts";

/** What the operator says of what they looked at. */
export interface Looked {
  readonly hash?: string;
  readonly always?: boolean;
}

/** An image whose approving command was ended on the way: the next one goes on where that one was. */
export function isHalfTaken({ proposal: { state, ask }, isRunning }: Asked): boolean {
  return isRunning && state === "approved" && ask.kind === "capability";
}

/** Granted for good by a command that was ended before it wrote the manifest, or could not: the same command given again writes it. */
export function isHalfKept({ proposal: { state, ask, decision } }: Asked, { always }: Looked): boolean {
  return always === true && state === "applied" && ask.kind === "egress" && decision?.always === true;
}

/** @throws CliError `proposal-changed` if it is not what was looked at, `proposal-decided` with by whom, `not-running` */
export function requireDecidable(asked: Asked, flags: Looked): void {
  const { proposal, isRunning } = asked;
  const { id, identity, state } = proposal;
  if (flags.hash !== undefined && flags.hash !== proposal.hash) {
    throw new CliError("proposal-changed", `${id} is not what was looked at: its hash is ${proposal.hash}.`, { status: exitStatus.refused, mend: `\`bottle proposals show ${id}\` shows what is asked now.` });
  }
  if (isHalfTaken(asked) || isHalfKept(asked, flags)) return;
  if (state !== "pending") throw decidedAlready(proposal);
  if (!isRunning) throw new CliError("not-running", `${id} cannot be decided: ${identity} does not run.`, { status: exitStatus.refused, mend: `\`bottle resume ${identity}\` first; the proposal is kept.` });
}

/** Says by whom and when. */
export function decidedAlready(proposal: Proposal): CliError {
  const { id, state, decision, expiresAt } = proposal;
  const how = decision ? `it was ${describeDecision(proposal, decision)}` : state === "expired" ? `nobody decided before ${expiresAt}` : "its agent took it back";
  return new CliError("proposal-decided", `${id} is ${state}: ${how}.`, { status: exitStatus.refused, mend: "`bottle proposals` lists what is pending." });
}
