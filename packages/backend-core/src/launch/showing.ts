import { BottleError } from "../errors.ts";

/** Files of /etc/bottle by their names there, which may have a folder: `current-config/routes.json`. */
export type ShownFiles = Readonly<Record<string, string | Uint8Array>>;

/** What the sidecars want the agent to see, on its way into the bottle: one after the other, and the newest alone where several wait. */
export interface Showing {
  /** Takes files at any time, before there is a bottle as well. */
  take(files: ShownFiles): void;
  /**
   * From now on what is taken is shown.
   * @returns once the first is
   * @throws BottleError `launch-failed` if that fails or none comes in time; what fails later is a warning
   */
  begin(show: (files: ShownFiles) => Promise<void>, signal?: AbortSignal): Promise<void>;
  /** Shows nothing more: the bottle goes. */
  end(): void;
}

// The sidecars say it with their first words.
const firstTimeoutMs = 20_000;

/** @param onWarning told what could not be refreshed @param timeoutMs for the first */
export function createShowing(onWarning: (message: string) => void, timeoutMs = firstTimeoutMs): Showing {
  const first = Promise.withResolvers<void>();
  // Whoever waits for it is told.
  first.promise.catch(() => undefined);
  let state: "waiting" | "first" | "going on" | "ended" = "waiting";
  let show: (files: ShownFiles) => Promise<void> = () => Promise.resolve();
  let waiting: ShownFiles | undefined;
  let isAtWork = false;
  const fail = (error: unknown): void => {
    const reason = error instanceof Error ? error.message : String(error);
    if (state === "first") first.reject(new BottleError("launch-failed", `What the agent may see of its routes could not be shown: ${reason}`, { mend: "Look at the sidecars' log in the bottle's state directory.", cause: error }));
    else if (state === "going on") onWarning(`What the agent sees in /etc/bottle/current-config is no longer what is in force: ${reason}`);
  };
  const work = async (): Promise<void> => {
    if (isAtWork || state === "waiting") return;
    isAtWork = true;
    while (waiting !== undefined && state !== "ended") {
      const files = waiting;
      waiting = undefined;
      await show(files).then(() => {
        first.resolve();
        if (state === "first") state = "going on";
      }, fail);
    }
    isAtWork = false;
  };
  return {
    take: (files) => {
      waiting = { ...waiting, ...files };
      void work();
    },
    begin: async (into, signal) => {
      show = into;
      state = "first";
      void work();
      const timeout = AbortSignal.timeout(timeoutMs);
      const stopped = signal ? AbortSignal.any([signal, timeout]) : timeout;
      const onAbort = (): void => (signal?.aborted ? first.reject(signal.reason) : fail(new Error("the sidecars did not say it")));
      stopped.addEventListener("abort", onAbort, { once: true });
      if (stopped.aborted) onAbort();
      await first.promise.finally(() => stopped.removeEventListener("abort", onAbort));
    },
    end: () => {
      state = "ended";
    },
  };
}
