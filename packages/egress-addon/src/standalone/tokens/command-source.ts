import { execFile } from "node:child_process";
import { type Source, usable } from "./source.ts";

const largestBytes = 65_536;
const timeoutMs = 30_000;
const firstRetryMs = 1_000;
const longestRetryMs = 30_000;

/** How a command is run. */
export interface CommandSourceOptions {
  readonly command: readonly string[];
  /** How long a value is used. */
  readonly ttlSeconds: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/**
 * A program's standard output. It is run at the start and again before its value ends, one run at a time; a failed run is tried
 * again, and past its time an old value is not used. What the program prints is never shown.
 */
export function createCommandSource({ command: [program = "", ...args], ttlSeconds, env, cwd }: CommandSourceOptions): Source {
  const ttlMs = ttlSeconds * 1_000;
  const abort = new AbortController();
  let current: { readonly value: string; readonly endsAt: number } | undefined;
  let problem: string | undefined = `${program} has not answered yet`;
  let retryMs = firstRetryMs;
  let timer: NodeJS.Timeout | undefined;
  const run = (): Promise<void> => new Promise((resolve) => {
    const startedAt = performance.now();
    execFile(program, args, { cwd, env: { ...env }, timeout: timeoutMs, killSignal: "SIGKILL", maxBuffer: largestBytes, signal: abort.signal }, (error, stdout) => {
      const value = error ? undefined : usable(stdout);
      if (value !== undefined) current = { value, endsAt: startedAt + ttlMs };
      problem = value === undefined ? `${program} ${error ? describe(error) : "printed nothing"}` : undefined;
      retryMs = value === undefined ? Math.min(retryMs * 2, longestRetryMs) : firstRetryMs;
      if (!abort.signal.aborted) timer = setTimeout(() => void run(), value === undefined ? retryMs : ttlMs * 0.8).unref();
      resolve();
    });
  });
  const isOver = (): boolean => current === undefined || performance.now() > current.endsAt;
  return {
    read: () => (isOver() ? undefined : current?.value),
    ready: run(),
    problem: () => (isOver() ? problem ?? `${program} has not answered in time` : undefined),
    [Symbol.dispose]() {
      clearTimeout(timer);
      abort.abort();
    },
  };
}

function describe(error: Error & { readonly code?: unknown; readonly killed?: boolean; readonly signal?: unknown }): string {
  if (typeof error.code === "number") return `ended with status ${error.code}`;
  if (typeof error.code === "string") return error.code === "ENOENT" ? "was not found" : `failed: ${error.code}`;
  return error.killed ? `took longer than ${timeoutMs / 1_000} s` : "was killed";
}
