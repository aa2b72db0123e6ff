import { homedir } from "node:os";
import { resolve } from "node:path";
import type { Terminal } from "@bottle/backend-core";
import { Interrupted } from "./errors.ts";

/** The world, as the commands see it. Only this file and main.ts touch `process`. */
export interface Context {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where the operator stands. */
  readonly cwd: string;
  /** BOTTLE_HOME, absolute. */
  readonly home: string;
  readonly terminal: Terminal;
  /** Whether a person can be asked. */
  readonly isInteractive: boolean;
  readonly hasColour: boolean;
  /** Aborts on SIGINT, SIGTERM and SIGHUP, with an `Interrupted`. */
  readonly signal: AbortSignal;
  readonly isRoot: boolean;
  readonly now: () => Date;
  /** How this program was started, to start it again: executable and arguments before the command. */
  readonly self: readonly string[];
  out(text: string): void;
  err(text: string): void;
}

/** Reads the real world. A second Ctrl-C does not wait for the unwinding. */
export function realContext(entry: string): Context {
  const { env } = process;
  const abort = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.on(signal, () => {
      if (abort.signal.aborted && signal === "SIGINT") process.exit(130);
      abort.abort(new Interrupted(signal));
    });
  }
  // A reader that goes away (`bottle list | head`) is no error.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => undefined);
  const isTerminal = process.stdin.isTTY === true && process.stdout.isTTY === true;
  // `pnpm bottle` runs in the repository's root; INIT_CWD is where the operator is.
  const cwd = env["npm_lifecycle_event"] === "bottle" && env["INIT_CWD"] ? env["INIT_CWD"] : process.cwd();
  return {
    env,
    cwd,
    home: resolve(cwd, env["BOTTLE_HOME"] || `${homedir()}/.bottle`),
    terminal: {
      get input() {
        return process.stdin;
      },
      output: process.stdout,
      error: process.stderr,
      isTerminal,
    },
    isInteractive: isTerminal,
    hasColour: process.stderr.isTTY === true && !env["NO_COLOR"] && env["TERM"] !== "dumb",
    signal: abort.signal,
    isRoot: process.getuid?.() === 0,
    now: () => new Date(),
    self: [process.execPath, ...process.execArgv, entry],
    out: (text) => void process.stdout.write(`${text}\n`),
    err: (text) => void process.stderr.write(`${text}\n`),
  };
}
