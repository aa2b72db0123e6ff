import type { ProposalEvent } from "@bottle/manifest";

/** New proposals of a bottle, told at once. */
export interface Notice {
  readonly identity: string;
  readonly proposals: readonly NoticedProposal[];
}

/** What of a proposal leaves this machine: no word of the agent's own, and so nothing that it could send out or have somebody open by it. */
export interface NoticedProposal {
  readonly id: string;
  readonly kind: ProposalEvent["kind"];
}

/** Somebody who is told. */
export interface Channel {
  send(notice: Notice, signal: AbortSignal): Promise<void>;
}

const things: Readonly<Record<ProposalEvent["kind"], string>> = { egress: "a route", pipelock: "a host", capability: "another image", push: "a push" };

/** The proposal of an event that says there is a new one. What does not look as bottle makes it is none. */
export function noticed(event: { readonly type: string } | ProposalEvent): NoticedProposal | undefined {
  if (event.type !== "proposal" || !("kind" in event) || event.state !== "pending") return undefined;
  const { proposal: id = "", kind } = event;
  return /^p-[0-9a-z]{8}$/.test(id) && Object.hasOwn(things, kind) ? { id, kind } : undefined;
}

/** A notice in a sentence: `dev-4k2x9 asks for a route: bottle proposals show p-4k2x9a1b`. */
export function sentenceOf({ identity, proposals }: Notice): string {
  const [only, ...others] = proposals;
  if (only && others.length === 0) return `${identity} asks for ${things[only.kind]}: bottle proposals show ${only.id}`;
  return `${identity} asks ${proposals.length} times: bottle proposals`;
}
