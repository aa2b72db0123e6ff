import type { GrantEvent, Proposal, ProposalEvent } from "@bottle/manifest";
import type { SuperviseLimits, SuperviseOptions } from "../options.ts";
import { createDecisions, type Decisions } from "../queue/decisions.ts";
import { openFiles } from "../queue/files.ts";
import { openQueue, type Queue } from "../queue/queue.ts";
import { identity } from "./world.ts";

/** A queue and its operators, without a listener. */
export interface QueueRig extends AsyncDisposable {
  readonly queue: Queue;
  readonly decisions: Decisions;
  readonly events: readonly (ProposalEvent | GrantEvent)[];
  readonly said: readonly string[];
}

export interface QueueRigOptions {
  readonly now?: () => number;
  /** Called before an event counts as recorded. */
  readonly onEvent?: (event: ProposalEvent | GrantEvent) => void;
  readonly apply?: SuperviseOptions["apply"];
  readonly limits?: Partial<SuperviseLimits>;
}

/** Opens `<directory>` itself as the queue. */
export async function openQueueRig(directory: string, { now = Date.now, onEvent, apply = () => Promise.resolve("applied"), limits }: QueueRigOptions = {}): Promise<QueueRig> {
  const events: (ProposalEvent | GrantEvent)[] = [];
  const said: string[] = [];
  const say = (sentence: string): void => void said.push(sentence);
  const record = (event: ProposalEvent | GrantEvent): void => {
    onEvent?.(event);
    events.push(event);
  };
  const queue = await openQueue({
    files: await openFiles({ directory, identity, say }), identity, now, record, say,
    limits: { pending: 8, perHour: 60, kept: 1000, keptBytes: 16_777_216, lifeMs: 3_600_000, rejectionMs: 600_000, ...limits },
  });
  const decisions = createDecisions({ queue, now, apply, say, settleMs: limits?.settleMs ?? 3_600_000 });
  return {
    queue, decisions, events, said,
    async [Symbol.asyncDispose]() {
      await decisions[Symbol.asyncDispose]();
      await queue[Symbol.asyncDispose]();
    },
  };
}

/** The proposal of a question that there was room for. */
export async function proposed(asked: ReturnType<Queue["propose"]>): Promise<Proposal> {
  const outcome = await asked;
  if ("flood" in outcome) throw new Error(outcome.flood.sentence);
  return outcome;
}
