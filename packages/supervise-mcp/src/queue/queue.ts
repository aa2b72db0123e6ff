import { randomInt } from "node:crypto";
import type { Ask, GrantEvent, Proposal, ProposalEvent } from "@bottle/manifest";
import { SuperviseError } from "../errors.ts";
import type { SuperviseLimits } from "../options.ts";
import { createAlarm } from "./alarm.ts";
import { type Change, changed, isOpen } from "./change.ts";
import { decided, unknown } from "./complaints.ts";
import { eventOf, retractionOf } from "./events.ts";
import { hashOf, messageOf, type QueueFiles } from "./files.ts";
import { type Flood, floodOf, hourMs } from "./floods.ts";
import { createKept } from "./kept.ts";
import { createListeners } from "./listeners.ts";
import { findSame } from "./same.ts";
import { createTurns } from "./turns.ts";

/** The proposals of one bottle. Every change is made one after the other, recorded, and on the disk before it is answered for. */
export interface Queue extends AsyncDisposable {
  /** Newest first. */
  list(): readonly Proposal[];
  get(id: string): Proposal | undefined;
  /** A new proposal, or the one that the same question made before. @throws SuperviseError `queue-failed` */
  propose(ask: Ask, justification: string): Promise<Proposal | { readonly flood: Flood }>;
  /**
   * Takes a step that somebody decided on.
   * @param step judges the proposal as it is then; what it throws ends it
   * @throws SuperviseError `proposal-unknown`, `queue-failed`
   */
  change(id: string, step: (proposal: Proposal) => Change): Promise<Proposal>;
  /** Takes back what nobody has decided on yet. @returns the proposal as it is now */
  withdraw(id: string): Promise<Proposal>;
  /** Calls back whoever listens, though nothing of it changed. @throws SuperviseError `proposal-unknown` */
  touch(id: string): Proposal;
  /** Calls back after every change of a proposal. */
  onChange(id: string, listener: () => void): Disposable;
}

export interface QueueOptions {
  readonly files: QueueFiles;
  readonly identity: string;
  readonly now: () => number;
  readonly record: (event: ProposalEvent | GrantEvent) => void;
  readonly say: (sentence: string) => void;
  readonly limits: Pick<SuperviseLimits, "pending" | "perHour" | "kept" | "keptBytes" | "lifeMs" | "rejectionMs">;
}

const alphabet = "0123456789abcdefghijklmnopqrstuvwxyz";
const retryMs = 30_000;

/**
 * Opens a queue where the last process left it: what waits goes on waiting unless its time is over, and what was approved but never
 * said to be in force has failed.
 * @throws SuperviseError `queue-failed`
 */
export async function openQueue({ files, identity, now, record, say, limits }: QueueOptions): Promise<Queue> {
  const found = await files.read();
  const kept = createKept(found);
  let made = found.map(({ createdAt }) => Date.parse(createdAt));
  const listeners = createListeners();
  const turns = createTurns();
  let isClosed = false;

  const time = (atMs = now()): string => new Date(atMs).toISOString();
  const tell = (proposal: Proposal): Proposal => {
    listeners.tell(proposal.id);
    return proposal;
  };
  const keep = async (proposal: Proposal): Promise<Proposal> => {
    await files.save(proposal, { record: () => record(eventOf(proposal)), retract: () => record(retractionOf(proposal)) });
    kept.set(proposal);
    return tell(proposal);
  };
  const take = async (proposal: Proposal, change: Change): Promise<Proposal> => {
    const next = changed(proposal, change, time());
    if (next === undefined) throw decided(proposal);
    return keep(next);
  };
  const pending = (): readonly Proposal[] => kept.list().filter(({ state }) => state === "pending");
  const expireDue = async (): Promise<void> => {
    for (const proposal of pending().filter(({ expiresAt }) => Date.parse(expiresAt) <= now())) await take(proposal, { state: "expired" });
  };
  const alarm = createAlarm({ now, ring: () => void inTurn(() => Promise.resolve()).catch((error: unknown) => {
    if (isClosed) return;
    say(`A proposal cannot expire: ${messageOf(error)}`);
    alarm.set(now() + retryMs);
  }) });
  // Whoever comes finds nothing that is over, and leaves nothing that is too much.
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => turns.run(async () => {
    if (isClosed) throw new SuperviseError("queue-failed", "The bottle is ending: nothing can be changed any more.");
    await expireDue();
    const done = await work();
    for (const id of kept.forget(limits)) await files.remove(id);
    const due = pending().map(({ expiresAt }) => Date.parse(expiresAt));
    alarm.set(due.length === 0 ? undefined : Math.min(...due));
    return done;
  });
  const required = (id: string): Proposal => {
    const proposal = kept.get(id);
    if (proposal === undefined) throw unknown(id);
    return proposal;
  };

  for (const proposal of found.filter(({ state }) => state === "approved")) {
    await take(proposal, { state: "failed", failure: "The bottle ended before it was in force." });
  }
  await inTurn(() => Promise.resolve());

  return {
    list: kept.list,
    get: kept.get,
    propose: (ask, justification) => inTurn(async () => {
      const hash = hashOf({ ask, justification });
      const same = findSame(kept.list(), { ask, hash }, { now: now(), rejectionMs: limits.rejectionMs });
      if (same !== undefined) return same;
      made = made.filter((at) => at > now() - hourMs);
      const flood = floodOf({ pending: kept.list().filter(isOpen).length, made }, limits);
      if (flood !== undefined) return { flood };
      const createdAt = time();
      const proposal = await keep({
        version: 1, id: newId((id) => kept.get(id) !== undefined), identity, state: "pending", createdAt, changedAt: createdAt, expiresAt: time(now() + limits.lifeMs), ask, justification, hash,
      });
      made.push(now());
      return proposal;
    }),
    change: (id, step) => inTurn(async () => {
      const proposal = required(id);
      return take(proposal, step(proposal));
    }),
    withdraw: (id) => inTurn(async () => {
      const proposal = required(id);
      return proposal.state === "pending" ? take(proposal, { state: "withdrawn" }) : proposal;
    }),
    touch: (id) => tell(required(id)),
    onChange: listeners.on,
    async [Symbol.asyncDispose]() {
      isClosed = true;
      await turns.idle();
      alarm[Symbol.dispose]();
    },
  };
}

function newId(isTaken: (id: string) => boolean): string {
  const id = `p-${Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join("")}`;
  return isTaken(id) ? newId(isTaken) : id;
}
