import type { Ask, Proposal } from "@bottle/manifest";
import { shownAsk } from "@bottle/manifest/state";
import type { Judgement, SuperviseOptions } from "../options.ts";
import type { Queue } from "./queue.ts";
import type { Refusals } from "./refusals.ts";

/** Where a question of the agent leads. */
export type Asked = Judgement | { readonly proposal: Proposal };

/** Takes a question: judged before it comes before the operator, and then one proposal, however often it is asked. */
export type TakeQuestion = (ask: Ask, justification: string) => Promise<Asked>;

/** @throws SuperviseError `queue-failed`, and what the judge and the recorder throw */
export function createAsking({ queue, refusals, judge }: { readonly queue: Queue; readonly refusals: Refusals; readonly judge: SuperviseOptions["judge"] }): TakeQuestion {
  return async (ask, justification) => {
    const judged = await judge(ask);
    if (judged !== undefined) {
      if ("refused" in judged) refusals.record(ask.kind, "judged", `${shownAsk(ask)}: ${judged.refused}`);
      return judged;
    }
    const outcome = await queue.propose(ask, justification);
    if (!("flood" in outcome)) return { proposal: outcome };
    refusals.record(ask.kind, outcome.flood.cause, `${shownAsk(ask)}: ${outcome.flood.sentence}`);
    return { refused: outcome.flood.sentence };
  };
}
