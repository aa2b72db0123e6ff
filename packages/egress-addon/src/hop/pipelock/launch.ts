import type { HostPort } from "@bottle/way-out";
import { EgressError } from "../../errors.ts";
import { createRulesWatch, type RulesOutcome, type RulesWatch } from "./await-rules.ts";
import type { Child, OnLine } from "./child.ts";
import { isHealthy } from "./health.ts";
import { readLogLine } from "./log.ts";

/** A pipelock process that follows the config it was started with. */
export interface Launched {
  readonly child: Child;
  readonly watch: RulesWatch;
}

/**
 * Starts pipelock, and waits until it says that it follows the one with this hash and answers in strict mode.
 * @throws EgressError `pipelock-failed` with its last words, `stopped`; nothing is left running then
 */
export async function launch(options: {
  /** Starts it. */
  readonly start: (onLine: OnLine) => Child;
  /** What it is called in an error. */
  readonly name: string;
  readonly at: HostPort;
  readonly hash: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}): Promise<Launched> {
  const { signal, timeoutMs } = options;
  const watch = createRulesWatch();
  const deadline = Date.now() + timeoutMs;
  const child = options.start((line, from) => {
    const entry = readLogLine(line, from);
    if (entry !== undefined) watch.notice(entry);
  });
  const said = await watch.outcome({ hash: options.hash, timeoutMs, ended: child.ended, signal });
  if (said === "taken" && await isHealthyBefore(deadline, options.at, child, signal)) return { child, watch };
  await child.stop();
  if (signal?.aborted) throw new EgressError("stopped", "pipelock was stopped before it was ready.", { cause: signal.reason });
  throw new EgressError("pipelock-failed", `pipelock (${options.name}) did not start: ${lastWords(child, said)}`);
}

async function isHealthyBefore(deadline: number, at: HostPort, child: Child, signal: AbortSignal | undefined): Promise<boolean> {
  const done = new AbortController();
  const stop = (): void => done.abort();
  void child.ended.then(stop);
  signal?.addEventListener("abort", stop, { once: true });
  const late = setTimeout(stop, Math.max(0, deadline - Date.now()));
  try {
    return await isHealthy(at, done.signal);
  } finally {
    clearTimeout(late);
    signal?.removeEventListener("abort", stop);
  }
}

function lastWords(child: Child, said: RulesOutcome): string {
  const words = child.lastWords.join(" ").replace(/[^\x20-\x7e]/g, "?").slice(-500);
  if (words !== "") return words;
  return said === "taken" ? "it did not answer in strict mode in time." : `it did not say that it follows its config (${said}).`;
}
