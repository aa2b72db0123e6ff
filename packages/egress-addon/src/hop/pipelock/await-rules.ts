import type { PipelockLogEntry } from "./log.ts";

/** What came of rules that pipelock was given. */
export type RulesOutcome = "taken" | "refused" | "ended" | "late" | "aborted";

/** Waits for pipelock's own word about a config. */
export interface RulesWatch {
  /** To be called with each entry of its log. */
  notice(entry: PipelockLogEntry): void;
  /** Settles once pipelock says that it follows the config with this hash, or will not. Only one may wait at a time. */
  outcome(options: { readonly hash: string; readonly timeoutMs: number; readonly ended: Promise<unknown>; readonly signal?: AbortSignal | undefined }): Promise<RulesOutcome>;
}

/** Nothing but the right hash counts as taken: a config that was taken before, or another one, does not. */
export function createRulesWatch(): RulesWatch {
  let waiting: ((entry: PipelockLogEntry) => void) | undefined;
  return {
    notice: (entry) => waiting?.(entry),
    async outcome({ hash, timeoutMs, ended, signal }) {
      const { promise, resolve } = Promise.withResolvers<RulesOutcome>();
      const onAbort = (): void => resolve("aborted");
      const late = setTimeout(() => resolve("late"), timeoutMs);
      signal?.addEventListener("abort", onAbort, { once: true });
      if (signal?.aborted) onAbort();
      void ended.then(() => resolve("ended"));
      waiting = (entry) => {
        if (entry.kind === "refused") resolve("refused");
        else if (entry.hash === hash) resolve("taken");
      };
      try {
        return await promise;
      } finally {
        waiting = undefined;
        clearTimeout(late);
        signal?.removeEventListener("abort", onAbort);
      }
    },
  };
}
