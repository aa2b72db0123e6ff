import type { Ask, Proposal } from "@bottle/manifest";
import { shownAsk } from "@bottle/manifest/state";
import type { Judgement, SuperviseLimits, SuperviseOptions } from "../options.ts";
import type { Queue } from "./queue.ts";
import type { Refusals } from "./refusals.ts";

/** Where a question of the agent leads. */
export type Asked = Judgement | { readonly proposal: Proposal };

/** Takes a question: judged before it comes before the operator, and then one proposal, however often it is asked. */
export type TakeQuestion = (ask: Ask, justification: string) => Promise<Asked>;

interface AskingOptions extends Pick<SuperviseOptions, "judge"> {
  readonly queue: Pick<Queue, "propose">;
  readonly refusals: Refusals;
  readonly now: () => number;
  readonly limits: Pick<SuperviseLimits, "asksPerMinute">;
}

const minuteMs = 60_000;
const tooFast = "Too much is asked at once. Wait a minute, and then ask for what is really needed.";

/** @throws SuperviseError `queue-failed`, and what the judge and the recorder throw */
export function createAsking({ queue, refusals, judge, now, limits }: AskingOptions): TakeQuestion {
  let times: readonly number[] = [];
  // To judge costs more than to ask.
  const isTooFast = (): boolean => {
    const at = now();
    times = times.filter((time) => time > at - minuteMs);
    if (times.length >= limits.asksPerMinute) return true;
    times = [...times, at];
    return false;
  };
  return async (ask, justification) => {
    const refuse = (cause: string, sentence: string): Judgement => {
      refusals.record(ask.kind, cause, `${shownAsk(ask)}: ${sentence}`);
      return { refused: sentence };
    };
    if (isTooFast()) return refuse("per-minute", tooFast);
    const judged = await judge(ask);
    if (judged !== undefined) return "refused" in judged ? refuse("judged", judged.refused) : judged;
    const outcome = await queue.propose(ask, justification);
    return "flood" in outcome ? refuse(outcome.flood.cause, outcome.flood.sentence) : { proposal: outcome };
  };
}
