import { WalkError } from "../git/objects.ts";
import type { ScanJob, ScannedRefs } from "./scan-job.ts";
import type { ScannedPush } from "./scan-objects.ts";
import { type ScanProcess, startScanProcess } from "./scan-process.ts";

/**
 * Scans pushes, each in a process of its own: hours of work, or a content that is too much for it, stop nothing else. A thread would not do: Node ends
 * with one that is ended just while it opens an archive (node_zlib.cc, "close before init").
 */
export interface Scans {
  /** Has a process ready for a push that is about to come: to start one takes longer than to look through a commit. */
  prepare(): void;
  /**
   * Walks and scans what a push brings.
   * @param signal ends it
   * @throws WalkError for what the walk could not do; Error if the process ends in any other way
   */
  scan(job: ScanJob, signal: AbortSignal): Promise<ScannedPush & ScannedRefs>;
  /** Ends the process that waits. */
  close(): Promise<void>;
}

const readyMs = 600_000;

export function createScans(): Scans {
  let ready: Promise<ScanProcess> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const take = (): Promise<ScanProcess> => {
    clearTimeout(timer);
    const taken = ready ?? startScanProcess();
    ready = undefined;
    return taken;
  };
  let isClosed = false;
  const endIdle = async (): Promise<void> => {
    clearTimeout(timer);
    const idle = ready;
    ready = undefined;
    await (await idle?.catch(() => undefined))?.end();
  };
  const keep = (made: Promise<ScanProcess>): void => {
    ready = made;
    const forget = (): void => {
      if (ready === made) ready = undefined;
    };
    // One that ends by itself is no use to anybody.
    made.then(({ ended }) => ended).then(forget, forget);
  };
  const wait = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => void endIdle(), readyMs).unref();
  };
  return {
    prepare() {
      wait();
      if (ready === undefined) keep(startScanProcess());
    },
    async scan(job, signal) {
      signal.throwIfAborted();
      const taken = take();
      const scanning = await taken;
      const end = (): void => void scanning.end();
      signal.addEventListener("abort", end, { once: true });
      let isSound = false;
      try {
        signal.throwIfAborted();
        const answer = await scanning.ask(job);
        signal.throwIfAborted();
        if (answer.kind === "walk-failed") throw new WalkError(answer.code, answer.message);
        isSound = true;
        return answer.push;
      } finally {
        signal.removeEventListener("abort", end);
        // The next push finds it warm.
        if (isSound && ready === undefined && !isClosed) {
          keep(taken);
          wait();
        } else await scanning.end();
      }
    },
    close() {
      isClosed = true;
      return endIdle();
    },
  };
}
