import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { WalkError } from "../git/objects.ts";
import { scanJobKind, type ScanAnswer, type ScanJob, type ScannedRefs } from "./scan-job.ts";
import type { ScannedPush } from "./scan-objects.ts";

/** Scans pushes, each in a thread of its own: hours of work, or a content that is too much for it, stop nothing else. */
export interface Scans {
  /** Has a thread ready for a push that is about to come: to begin one takes longer than to look through a commit. */
  prepare(): void;
  /**
   * Walks and scans what a push brings.
   * @param signal ends it
   * @throws WalkError for what the walk could not do; Error if the thread ends in any other way
   */
  scan(job: ScanJob, signal: AbortSignal): Promise<ScannedPush & ScannedRefs>;
  /** Ends the thread that waits. */
  close(): Promise<void>;
}

/** Of JavaScript objects and texts; the bytes of git's objects come on top. */
const mostHeapMiB = 2_048;
const readyMs = 30_000;

export function createScans(): Scans {
  let ready: Promise<Worker> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const take = (): Promise<Worker> => {
    clearTimeout(timer);
    const taken = ready ?? startThread();
    ready = undefined;
    return taken;
  };
  const close = async (): Promise<void> => {
    clearTimeout(timer);
    const idle = ready;
    ready = undefined;
    await (await idle?.catch(() => undefined))?.terminate();
  };
  return {
    prepare() {
      clearTimeout(timer);
      timer = setTimeout(() => void close(), readyMs).unref();
      if (ready !== undefined) return;
      const made = startThread();
      ready = made;
      // One that ends by itself is no use to anybody.
      void made.then(async (thread) => {
        await once(thread, "exit");
        if (ready === made) ready = undefined;
      }).catch(() => {
        if (ready === made) ready = undefined;
      });
    },
    async scan(job, signal) {
      signal.throwIfAborted();
      const thread = await take();
      const end = (): void => void thread.terminate();
      signal.addEventListener("abort", end, { once: true });
      try {
        signal.throwIfAborted();
        const answered = Promise.race([answerOf(thread), endOf(thread)]);
        thread.ref();
        thread.postMessage(job);
        const answer = await answered;
        signal.throwIfAborted();
        if (answer.kind === "walk-failed") throw new WalkError(answer.code, answer.message);
        return answer.push;
      } finally {
        signal.removeEventListener("abort", end);
        await thread.terminate();
      }
    },
    close,
  };
}

async function startThread(): Promise<Worker> {
  const { scanThread } = await import("./scan-thread.ts");
  const thread = new Worker(new URL(scanThread), {
    workerData: { kind: scanJobKind }, env: pathOnly(), stdout: true, stderr: true, resourceLimits: { maxOldGenerationSizeMb: mostHeapMiB },
  });
  // Whoever waits for its answer hears of it.
  thread.on("error", () => {});
  thread.unref();
  return thread;
}

// gitleaks is looked for there as it was at the start.
function pathOnly(): Readonly<Record<string, string>> {
  const path = process.env["PATH"];
  return path === undefined ? {} : { PATH: path };
}

// Nothing but our own code runs there.
async function answerOf(thread: Worker): Promise<ScanAnswer> {
  const [answer] = await once(thread, "message") as [ScanAnswer];
  return answer;
}

async function endOf(thread: Worker): Promise<never> {
  if (thread.threadId !== -1) await once(thread, "exit");
  throw new Error("The scan ended without an answer.");
}
