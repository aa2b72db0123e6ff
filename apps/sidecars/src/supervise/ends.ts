import type { Grant, GrantEvent } from "@bottle/manifest";
import { endOf } from "./granted-routes.ts";
import type { InForce } from "./in-force.ts";

/** Sees to it that grants end. */
export interface Ends extends Disposable {
  /** To be called when there are others, or when one was used. */
  look(): void;
}

// The clock may be set, and a machine may sleep: a time is never waited for as a whole.
const longestMs = 15_000;
// What was answered last is still on its way, and until then no other request gets through.
const usedUpMs = 500;

/** Takes grants out of force: at their time, and, once their uses are used up, when the last request that used them is over. */
export function createEnds(options: {
  readonly inForce: Pick<InForce, "grants" | "drop">;
  /** How many requests that go by a grant are not over yet. */
  readonly underWay: (id: string) => number;
  readonly record: (event: GrantEvent) => boolean;
  readonly now: () => number;
  readonly say: (sentence: string) => void;
}): Ends {
  const { inForce, underWay, record, now, say } = options;
  let timer: NodeJS.Timeout | undefined;
  let dueAt = Infinity;
  let isDisposed = false;

  const wait = (ms: number): void => {
    if (isDisposed || now() + ms >= dueAt) return;
    clearTimeout(timer);
    dueAt = now() + ms;
    timer = setTimeout(() => void run(), ms).unref();
  };
  const run = async (): Promise<void> => {
    dueAt = Infinity;
    let isStuck = false;
    for (const grant of inForce.grants()) {
      const end = endOf(grant, now());
      if (end === "expired" || (end === "used-up" && underWay(grant.proposal) === 0)) isStuck = !await finish(grant.proposal, end) || isStuck;
    }
    if (isStuck) wait(longestMs);
    else look();
  };
  /** @returns whether it is out of force */
  const finish = async (proposal: string, decision: "expired" | "used-up"): Promise<boolean> => {
    try {
      if (!await inForce.drop(proposal)) return true;
    } catch (error) {
      say(`Grant ${proposal} is at its end: ${error instanceof Error ? error.message : String(error)}`);
      if (inForce.grants().some((grant) => grant.proposal === proposal)) return false;
    }
    record({ type: "grant", decision, proposal });
    return true;
  };
  const look = (): void => {
    for (const grant of inForce.grants()) wait(waitOf(grant, now()));
  };
  return {
    look,
    [Symbol.dispose]() {
      isDisposed = true;
      clearTimeout(timer);
    },
  };
}

function waitOf({ until, uses, used }: Grant, now: number): number {
  const untilMs = until === undefined ? Infinity : Math.min(Math.max(0, Date.parse(until) - now), longestMs);
  return uses !== undefined && used >= uses ? Math.min(untilMs, usedUpMs) : untilMs;
}
