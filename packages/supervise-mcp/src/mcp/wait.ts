import type { Proposal } from "@bottle/manifest";
import type { CallEnd } from "./calls.ts";
import type { Desk } from "./desk.ts";

/** How a waiting call hears and is heard. */
export interface Waiting {
  readonly proposal: Proposal;
  /** Aborted with a `CallEnd`. */
  readonly signal: AbortSignal;
  /** Told at once and then every few seconds. */
  readonly progress: (waitedMs: number) => void;
}

/** Waits until there is something to tell the agent, or its client cannot wait any more. */
export type Wait = (waiting: Waiting) => Promise<Proposal>;

/** A call that is cancelled takes its proposal back, unless another one waits for the same; one whose connection is gone leaves it. */
export function createWait({ queue, decisions, limits }: Pick<Desk, "queue" | "decisions" | "limits">): Wait {
  const waiting = new Map<string, number>();
  const count = (id: string, more: 1 | -1): number => {
    const now = (waiting.get(id) ?? 0) + more;
    if (now === 0) waiting.delete(id);
    else waiting.set(id, now);
    return now;
  };
  return async ({ proposal, signal, progress }) => {
    const { id } = proposal;
    let standing = proposal;
    const over = Promise.withResolvers<void>();
    // One that is decided may be gone from the queue by the time that this goes on.
    const look = (): void => {
      standing = queue.get(id) ?? standing;
      if (signal.aborted || decisions.isAnswered(standing)) over.resolve();
    };
    count(id, 1);
    const startedAt = performance.now();
    const limit = setTimeout(over.resolve, limits.waitMs);
    const beat = setInterval(() => progress(performance.now() - startedAt), limits.progressMs);
    signal.addEventListener("abort", look);
    try {
      using _listening = queue.onChange(id, look);
      look();
      progress(0);
      await over.promise;
    } finally {
      clearTimeout(limit);
      clearInterval(beat);
      signal.removeEventListener("abort", look);
    }
    const others = count(id, -1);
    if (signal.reason === ("cancelled" satisfies CallEnd) && others === 0) return queue.withdraw(id);
    return standing;
  };
}
