import { randomInt } from "node:crypto";
import type { Ask, GrantEvent, Proposal, ProposalEvent } from "@bottle/manifest";
import { SuperviseError } from "../errors.ts";
import type { SuperviseLimits } from "../options.ts";
import { type Change, changed, isOpen } from "./change.ts";
import { decided, unknown } from "./complaints.ts";
import { eventOf, retractionOf } from "./events.ts";
import { bytesOf, hashOf, type QueueFiles } from "./files.ts";
import { type Flood, floodOf, hourMs } from "./floods.ts";
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
const longestTimerMs = 2_147_483_647;

/**
 * Opens a queue where the last process left it: what waits goes on waiting unless its time is over, and what was approved but never
 * said to be in force has failed.
 * @throws SuperviseError `queue-failed`
 */
export async function openQueue({ files, identity, now, record, say, limits }: QueueOptions): Promise<Queue> {
  const found = await files.read();
  const proposals = new Map(found.map((proposal) => [proposal.id, proposal]));
  const bytes = new Map(found.map((proposal) => [proposal.id, bytesOf(proposal)]));
  let made = found.map(({ createdAt }) => Date.parse(createdAt));
  const listeners = new Map<string, Set<() => void>>();
  const turns = createTurns();
  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;

  const time = (atMs = now()): string => new Date(atMs).toISOString();
  const list = (): readonly Proposal[] => [...proposals.values()].reverse();
  const tell = (proposal: Proposal): Proposal => {
    for (const listener of [...listeners.get(proposal.id) ?? []]) listener();
    return proposal;
  };
  const keep = async (proposal: Proposal): Promise<Proposal> => {
    await files.save(proposal, { record: () => record(eventOf(proposal)), retract: () => record(retractionOf(proposal)) });
    proposals.set(proposal.id, proposal);
    bytes.set(proposal.id, bytesOf(proposal));
    return tell(proposal);
  };
  const take = async (proposal: Proposal, change: Change): Promise<Proposal> => {
    const next = changed(proposal, change, time());
    if (next === undefined) throw decided(proposal);
    return keep(next);
  };
  const expireDue = async (): Promise<void> => {
    for (const proposal of [...proposals.values()]) {
      if (proposal.state === "pending" && Date.parse(proposal.expiresAt) <= now()) await take(proposal, { state: "expired" });
    }
  };
  const prune = async (): Promise<void> => {
    const over = [...proposals.values()].filter((proposal) => !isOpen(proposal));
    let size = over.reduce((sum, { id }) => sum + (bytes.get(id) ?? 0), 0);
    for (let left = over.length; left > limits.kept || (size > limits.keptBytes && left > 1); left -= 1) {
      const { id = "" } = over[over.length - left] ?? {};
      size -= bytes.get(id) ?? 0;
      await files.remove(id);
      proposals.delete(id);
      bytes.delete(id);
    }
  };
  const wake = (): void => {
    clearTimeout(timer);
    const due = [...proposals.values()].filter(({ state }) => state === "pending").map(({ expiresAt }) => Date.parse(expiresAt));
    if (due.length === 0 || isClosed) return;
    timer = setTimeout(() => void inTurn(() => Promise.resolve()).catch((error: unknown) => {
      say(`A proposal cannot expire: ${error instanceof Error ? error.message : String(error)}`);
      clearTimeout(timer);
      timer = setTimeout(wake, retryMs).unref();
    }), Math.min(longestTimerMs, Math.max(0, Math.min(...due) - now()) + 1)).unref();
  };
  // Whoever comes finds nothing that is over, and leaves nothing that is too much.
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => turns.run(async () => {
    if (isClosed) throw new SuperviseError("queue-failed", "The bottle is ending: nothing can be changed any more.");
    await expireDue();
    const done = await work();
    await prune();
    wake();
    return done;
  });
  const required = (id: string): Proposal => {
    const proposal = proposals.get(id);
    if (proposal === undefined) throw unknown(id);
    return proposal;
  };

  for (const proposal of found.filter(({ state }) => state === "approved")) {
    await take(proposal, { state: "failed", failure: "The bottle ended before it was in force." });
  }
  await inTurn(() => Promise.resolve());

  return {
    list,
    get: (id) => proposals.get(id),
    propose: (ask, justification) => inTurn(async () => {
      const hash = hashOf({ ask, justification });
      const same = findSame(list(), { ask, hash }, { now: now(), rejectionMs: limits.rejectionMs });
      if (same !== undefined) return same;
      made = made.filter((at) => at > now() - hourMs);
      const flood = floodOf({ pending: list().filter(isOpen).length, made }, limits);
      if (flood !== undefined) return { flood };
      const createdAt = time();
      const proposal = await keep({
        version: 1, id: newId(proposals), identity, state: "pending", createdAt, changedAt: createdAt, expiresAt: time(now() + limits.lifeMs), ask, justification, hash,
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
    onChange(id, listener) {
      const all = listeners.get(id) ?? new Set();
      listeners.set(id, all.add(listener));
      return {
        [Symbol.dispose]() {
          all.delete(listener);
          if (all.size === 0 && listeners.get(id) === all) listeners.delete(id);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      isClosed = true;
      clearTimeout(timer);
      await turns.idle();
      clearTimeout(timer);
    },
  };
}

function newId(taken: ReadonlyMap<string, unknown>): string {
  const id = `p-${Array.from({ length: 8 }, () => alphabet[randomInt(alphabet.length)]).join("")}`;
  return taken.has(id) ? newId(taken) : id;
}
