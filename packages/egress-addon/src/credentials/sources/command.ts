import { cutLineEnd, type OpenSource } from "./model.ts";
import { runCommand } from "./run-command.ts";

/** After a failure the command rests, so that a program that asks again and again does not start it each time. */
const restMs = 2_000;

/** A command: its value is kept for a while, and who asks meanwhile waits for the one that runs. */
export function commandSource(options: {
  readonly command: readonly string[];
  readonly ttlMs: number;
  readonly timeoutMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly directory?: string | undefined;
}): OpenSource {
  const closing = new AbortController();
  let value: string | undefined;
  let staleAt = Number.NEGATIVE_INFINITY;
  let problem: string | undefined;
  let running: Promise<string | undefined> | undefined;
  const run = async (): Promise<string | undefined> => {
    const result = await runCommand({ ...options, signal: closing.signal });
    running = undefined;
    value = "output" in result ? cutLineEnd(result.output) : undefined;
    problem = "problem" in result ? result.problem : value === undefined ? "the command printed nothing" : undefined;
    staleAt = performance.now() + (value === undefined ? restMs : options.ttlMs);
    return value;
  };
  return {
    read: () => performance.now() < staleAt ? value : running ??= run(),
    problem: () => problem,
    async close() {
      closing.abort();
      await running;
      value = undefined;
    },
  };
}
