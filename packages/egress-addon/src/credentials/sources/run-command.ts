import { spawn } from "node:child_process";
import { largestValueBytes } from "./model.ts";

/** What a command printed, or why it gave nothing. */
export type CommandResult = { readonly output: string } | { readonly problem: string };

/**
 * Runs a command without a shell, with nothing to read and its error output thrown away; it and what it started are killed at
 * the time limit, at an output of more than 64 KiB, and by the signal. Never rejects.
 */
export function runCommand(options: {
  readonly command: readonly string[];
  readonly timeoutMs: number;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Where it runs. */
  readonly directory?: string | undefined;
  readonly signal: AbortSignal;
}): Promise<CommandResult> {
  const { command: [program = "", ...args], timeoutMs, env, directory, signal } = options;
  const { promise, resolve } = Promise.withResolvers<CommandResult>();
  if (signal.aborted) return Promise.resolve({ problem: "the command was stopped" });
  const child = spawn(program, args, { cwd: directory, env: { ...env }, stdio: ["ignore", "pipe", "ignore"], shell: false, detached: true, windowsHide: true });
  let problem: string | undefined;
  const pieces: Buffer[] = [];
  let length = 0;
  const stop = (why: string): void => {
    problem ??= why;
    killGroup(child.pid);
    child.stdout.destroy();
  };
  const onAbort = (): void => stop("the command was stopped");
  const timer = setTimeout(() => stop(`the command took longer than ${timeoutMs / 1_000} s`), timeoutMs);
  signal.addEventListener("abort", onAbort, { once: true });
  child.stdout.on("data", (chunk: Buffer) => {
    length += chunk.length;
    if (length > largestValueBytes) return stop(`the command printed more than ${largestValueBytes} bytes`);
    pieces.push(chunk);
  });
  child.once("error", (error) => {
    problem ??= `the command cannot be started (${"code" in error ? String(error.code) : "unknown"})`;
    if (child.pid === undefined) settle(null, null);
  });
  child.once("close", (code, by) => settle(code, by));
  return promise;

  function settle(code: number | null, by: NodeJS.Signals | null): void {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    if (problem !== undefined) resolve({ problem });
    else if (code !== 0) resolve({ problem: by === null ? `the command ended with ${code}` : `the command was ended by ${by}` });
    else resolve({ output: Buffer.concat(pieces).toString("utf8") });
  }
}

// A leader of its own group, so what it started ends with it.
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended already.
  }
}
