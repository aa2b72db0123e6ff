import type { SuperviseLimits, SuperviseOptions } from "../options.ts";
import type { TakeQuestion } from "../queue/ask.ts";
import type { Decisions } from "../queue/decisions.ts";
import type { Queue } from "../queue/queue.ts";
import type { Refusals } from "../queue/refusals.ts";

/** What the agent's side works with. There is no way from here to a decision. */
export interface Desk extends Pick<SuperviseOptions, "current" | "tools" | "heldPush"> {
  readonly queue: Pick<Queue, "get" | "onChange" | "withdraw">;
  readonly decisions: Pick<Decisions, "isAnswered">;
  readonly refusals: Refusals;
  readonly take: TakeQuestion;
  readonly limits: SuperviseLimits;
  readonly say: (sentence: string) => void;
}
