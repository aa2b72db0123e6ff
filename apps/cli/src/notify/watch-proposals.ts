import { setTimeout as delay } from "node:timers/promises";
import type { AuditRecord } from "@bottle/manifest";
import { noticed, type Channel, type NoticedProposal } from "./notice.ts";

/** What is watched, and who is told. */
export interface WatchOptions {
  readonly identity: string;
  /** The lines of the bottle's audit log, as they are written. */
  readonly follow: (options: { readonly after?: number; readonly signal: AbortSignal }) => AsyncIterable<AuditRecord>;
  /** What waits of what was asked since the watch began: an agent may ask before its log is followed. */
  readonly pending: () => Promise<readonly NoticedProposal[]>;
  readonly channels: readonly Channel[];
  /** Between two notices: what comes meanwhile is told together. */
  readonly gapMs?: number;
  /** After which a log that could not be followed is tried again. */
  readonly retryMs?: number;
  /** After which a log is taken to be followed. */
  readonly settleMs?: number;
}

const gatherMs = 300;

/** Tells of new proposals until it is disposed of. Nothing that fails here is anybody's concern: the proposals wait in the queue. */
export function watchProposals({ identity, follow, pending, channels, gapMs = 15_000, retryMs = 5000, settleMs = 1500 }: WatchOptions): AsyncDisposable {
  const abort = new AbortController();
  const { signal } = abort;
  const pause = (ms: number): Promise<unknown> => delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
  const known = new Set<string>();
  let waiting: NoticedProposal[] = [];
  let telling: Promise<void> | undefined;
  const tell = async (): Promise<void> => {
    await pause(gatherMs);
    while (waiting.length > 0 && !signal.aborted) {
      const proposals = waiting;
      waiting = [];
      await Promise.allSettled(channels.map((channel) => channel.send({ identity, proposals }, signal)));
      await pause(gapMs);
    }
    telling = undefined;
  };
  const take = (proposal: NoticedProposal): void => {
    if (known.has(proposal.id)) return;
    known.add(proposal.id);
    waiting.push(proposal);
    telling ??= tell();
  };
  const lookBack = async (): Promise<void> => {
    await pause(settleMs);
    if (!signal.aborted) for (const proposal of await pending().catch(() => [])) take(proposal);
  };
  const watch = async (): Promise<void> => {
    for (let after: number | undefined; !signal.aborted; await pause(retryMs)) {
      void lookBack();
      try {
        for await (const { seq, event } of follow({ ...(after !== undefined && { after }), signal })) {
          after = seq;
          const proposal = noticed(event);
          if (proposal) take(proposal);
        }
      } catch {
        // The sidecars may be ending, or be gone.
      }
    }
  };
  const watching = watch();
  return {
    async [Symbol.asyncDispose]() {
      abort.abort();
      await watching;
      await telling;
    },
  };
}
