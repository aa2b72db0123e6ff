import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { BottleError, ending, start } from "@bottle/backend-core";
import { relayArguments, relayProgram } from "./program.ts";

/** The relay's process: it holds the bottle's network from its first moment on. */
export interface Relay extends AsyncDisposable {
  readonly pid: number;
  /** Settles once it listens; until then the bottle has its network, but nobody answers in it. */
  readonly ready: Promise<void>;
}

/**
 * Makes the outer user and network namespace and brings its loopback up; the relay then starts in it by itself, beside
 * whatever the caller does next.
 * @param options.routes port of the bottle's 127.0.0.1 → Unix socket on the host
 * @param options.logFd descriptor its complaints go to
 * @throws BottleError `launch-failed` if the namespace or the listener cannot be made
 */
export async function startRelay(options: {
  readonly routes: readonly { readonly port: number; readonly unix: string }[];
  readonly label: string;
  readonly logFd: number;
  readonly signal: AbortSignal;
}): Promise<Relay> {
  options.signal.throwIfAborted();
  const child = start([
    "unshare", "--user", "--net", "--map-root-user", "--", "/usr/bin/perl", "-e", relayProgram, ...relayArguments(options.routes),
  ], { stdio: ["pipe", "pipe", options.logFd], label: options.label, detached: true });
  const ended = ending(child);
  const end = async (): Promise<void> => {
    child.stdin?.destroy();
    const hurry = setTimeout(() => child.kill("SIGKILL"), 1000);
    await ended;
    clearTimeout(hurry);
  };
  child.stdin?.on("error", () => undefined);
  const said = sayings(child.stdout);
  const aborted = new Promise<"aborted">((resolve) => options.signal.addEventListener("abort", () => resolve("aborted"), { once: true }));
  const failure = (outcome: unknown): BottleError => new BottleError("launch-failed", `The bottle's network namespace could not be made (exit ${String(outcome)}).`, {
    mend: "Run `bottle doctor`: it looks why user namespaces do not work here and says the remedy.",
  });
  const outcome = await Promise.race([said("up"), ended, aborted]);
  if (outcome !== "up") {
    await end();
    options.signal.throwIfAborted();
    throw failure(outcome);
  }
  const ready = Promise.race([said("ready"), ended, aborted]).then((word) => {
    options.signal.throwIfAborted();
    if (word !== "ready") throw failure(word);
  });
  // Its failure is told to whoever awaits it; a launch that failed elsewhere does not.
  ready.catch(() => undefined);
  return { pid: child.pid ?? 0, ready, [Symbol.asyncDispose]: end };
}

/** Waits for a line of the process. */
function sayings(stream: Readable | null): <T extends string>(word: T) => Promise<T> {
  const lines = new Set<string>();
  const waiting = new Map<string, () => void>();
  if (stream) {
    createInterface({ input: stream }).on("line", (line) => {
      lines.add(line);
      waiting.get(line)?.();
    });
  }
  return (word) => new Promise((resolve) => {
    if (lines.has(word)) resolve(word);
    else waiting.set(word, () => resolve(word));
  });
}
