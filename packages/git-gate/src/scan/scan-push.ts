import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { WalkError } from "../git/objects.ts";
import type { ScanAnswer, ScanJob, ScannedRefs } from "./scan-job.ts";
import type { ScannedPush } from "./scan-objects.ts";

/** Of JavaScript objects and texts; the bytes of git's objects come on top. */
const mostHeapMiB = 2_048;

/**
 * Walks and scans what a push brings, in a thread of its own: hours of work, or a content that is too much for it, stop nothing else.
 * @param signal ends it
 * @throws WalkError for what the walk could not do; Error if the thread ends in any other way
 */
export async function scanPush(job: ScanJob, signal: AbortSignal): Promise<ScannedPush & ScannedRefs> {
  signal.throwIfAborted();
  const { scanThread } = await import("./scan-thread.ts");
  const thread = new Worker(new URL(scanThread), { workerData: job, env: pathOnly(), stdout: true, stderr: true, resourceLimits: { maxOldGenerationSizeMb: mostHeapMiB } });
  const end = (): void => void thread.terminate();
  signal.addEventListener("abort", end, { once: true });
  try {
    const answer = await Promise.race([answerOf(thread), endOf(thread)]);
    signal.throwIfAborted();
    if (answer.kind === "walk-failed") throw new WalkError(answer.code, answer.message);
    return answer.push;
  } finally {
    signal.removeEventListener("abort", end);
    await thread.terminate();
  }
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
  await once(thread, "exit");
  throw new Error("The scan ended without an answer.");
}
