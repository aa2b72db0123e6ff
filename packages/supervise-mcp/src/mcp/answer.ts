import type { Lifetime, Proposal } from "@bottle/manifest";
import { cut, shownAsk, shownRoute, stripped } from "@bottle/manifest/state";

/** What a tool that asks answers with. */
export interface Answer {
  readonly state: "approved" | "rejected" | "pending" | "in-force" | "refused" | "expired" | "withdrawn" | "failed";
  /** The proposal's id; absent where the operator was not asked. */
  readonly proposal?: string;
  /** What was asked, or what was granted if that is something else, in one line. */
  readonly route?: string;
  /** The operator's reason, or why the operator was not asked. */
  readonly reason?: string;
  /** What to do now. */
  readonly next: string;
}

/** The JSON Schema of an answer. */
export const answerSchema = {
  type: "object" as const,
  properties: {
    state: { type: "string", enum: ["approved", "rejected", "pending", "in-force", "refused", "expired", "withdrawn", "failed"] },
    proposal: { type: "string", description: "The proposal's id; absent where the operator was not asked." },
    route: { type: "string", description: "What was asked, or what was granted if that is something else." },
    reason: { type: "string", description: "The operator's reason, or why the operator was not asked." },
    next: { type: "string", description: "What to do now." },
  },
  required: ["state", "next"],
  additionalProperties: false,
};

const longest = 2000;
const giveUp = "Do not ask for the same again, and do not look for other ways out: there are none. Go on without it, or tell your user what is missing.";

/** An answer without the operator. */
export function refusal(reason: string, next = giveUp): Answer {
  return { state: "refused", reason: sentence(reason), next };
}

/** What is asked for is there already. */
export function alreadyInForce(reason: string): Answer {
  return { state: "in-force", reason: sentence(reason), next: "Try again what was refused. If it is refused again, read the answer: something else is in the way." };
}

/** What became of a proposal so far. */
export function answerOf(proposal: Proposal, isAnswered: boolean): Answer {
  const { state, decision, ask, id } = proposal;
  const route = decision?.route === undefined ? shownAsk(ask) : shownRoute(decision.route);
  const about = { proposal: id, route };
  const said = decision?.reason === undefined ? {} : { reason: sentence(decision.reason) };
  switch (state) {
    case "pending":
      return { state, ...about, next: "The operator has not answered yet. Call the tool again with the same arguments to go on waiting for the same proposal, or do something else first and call it later." };
    case "approved":
      if (isAnswered) return { state, ...about, ...said, next: ask.kind === "capability" ? comesLater : "The operator approved it. Try again in a few seconds." };
      return { state: "pending", ...about, next: "The operator approved it, and it is being put in force. Call the tool again with the same arguments in a few seconds." };
    case "applied":
      return { state: "approved", ...about, ...said, next: `${inForce[ask.kind]}${lifetime(decision ?? {})}` };
    case "rejected":
      return { state, ...about, ...said, next: "The operator said no. Do not ask for the same again unless something has changed: then say in the justification what. Go on without it, or tell your user." };
    case "expired":
      return { state, ...about, next: "Nobody decided in time. Ask again only if it is still needed." };
    case "withdrawn":
      return { state, ...about, next: "It was taken back. Ask again if it is needed after all." };
    case "failed":
      return { state, ...about, reason: "The operator approved it, but it could not be put in force. What was in force before still is. The operator sees why.", next: "Tell your user. Ask again only if they want you to." };
  }
}

/** An answer for eyes that see no structure. */
export function formatAnswer({ state, proposal, route, reason, next }: Answer): string {
  return [`${state}${proposal === undefined ? "" : ` (${proposal})`}${route === undefined ? "" : `: ${route}`}`, ...(reason === undefined ? [] : [`Reason: ${reason}`]), next].join("\n");
}

const comesLater = "The operator's command goes on with it: this bottle is ended, its workspace and conversation kept, and resumed from the new image. Leave your files in order now.";
const inForce = {
  egress: "It is in force: send the request again.",
  pipelock: "It is in force: send the request again.",
  capability: "The image is made at the next start.",
  push: "It is released: push once more, exactly the same.",
};

function lifetime({ until, uses }: Lifetime): string {
  const ends = [...(uses === undefined ? [] : [`after ${uses} ${uses === 1 ? "request" : "requests"}`]), ...(until === undefined ? [] : [`at ${until}`])];
  return ends.length === 0 ? "" : ` It ends ${ends.join(" or ")}.`;
}

function sentence(text: string): string {
  return cut(stripped(text), longest);
}
