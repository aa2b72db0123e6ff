import { PassThrough } from "node:stream";
import type { Context } from "../context.ts";
import { Interrupted } from "../errors.ts";
import { runProgram } from "../program.ts";
import type { BottleResult } from "./run-bottle.ts";

/** A command line that runs in this process, where nobody can be asked. */
export interface InProcess {
  readonly ended: Promise<BottleResult>;
  /** What it has said so far. */
  out(): string;
  /** As Ctrl-C does. */
  interrupt(): void;
}

/** Runs a command line as `bottle` does, without the half second that a process of its own takes. */
export function runInProcess(home: string, args: readonly string[], { cwd, env = {} }: { readonly cwd: string; readonly env?: Readonly<Record<string, string>> }): InProcess {
  const abort = new AbortController();
  let [stdout, stderr] = ["", ""];
  const context: Context = {
    env: { PATH: process.env["PATH"], HOME: cwd, ...env }, cwd, home,
    terminal: { input: new PassThrough(), output: new PassThrough(), error: new PassThrough(), isTerminal: false },
    isInteractive: false, hasColour: false, signal: abort.signal, isRoot: process.getuid?.() === 0, now: () => new Date(), self: [],
    out: (text) => void (stdout += `${text}\n`),
    err: (text) => void (stderr += `${text}\n`),
  };
  return {
    ended: runProgram(context, args).then((status) => ({ status, stdout, stderr })),
    out: () => stdout,
    interrupt: () => abort.abort(new Interrupted("SIGINT")),
  };
}
