import { type ChildProcess, spawn, type StdioOptions } from "node:child_process";
import type { Readable } from "node:stream";

/** A program to run. */
export interface Command {
  readonly argv: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal;
  /** It ends when its standard input does. */
  readonly isTied?: true;
}

/** What a program that has ended said. */
export interface Ended {
  readonly stdout: Buffer;
  /** Cut after 64 KiB. */
  readonly stderr: string;
  /** `undefined` if a signal ended it. */
  readonly code: number | undefined;
}

const mostStderr = 64 * 1024;
const defaultTimeoutMs = 60_000;

/**
 * Starts a program in a process group of its own, which its end takes along.
 * @param stdio as of `child_process.spawn`
 */
export function start({ argv: [program, ...args], env, cwd, signal }: Command, stdio: StdioOptions): ChildProcess {
  const child = spawn(program, args, { env: { ...env }, ...(cwd === undefined ? {} : { cwd }), stdio, detached: true });
  const end = (): void => endGroup(child);
  if (signal?.aborted) end();
  signal?.addEventListener("abort", end, { once: true });
  child.once("close", () => signal?.removeEventListener("abort", end));
  return child;
}

/** Kills a program and what it started. */
export function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // It has ended.
  }
}

/** How a child ended; also if it had before. @throws Error if it could not be started */
export function ending(child: ChildProcess): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    if (child.exitCode !== null || child.signalCode !== null) return resolve(child.exitCode ?? undefined);
    child.once("close", (code) => resolve(code ?? undefined));
  });
}

/**
 * Runs a program to its end.
 * @throws Error if it cannot be started, says more than `mostBytes`, or takes longer than `timeoutMs` (60 s)
 */
export async function run(command: Command, options: { readonly input?: string | Buffer; readonly mostBytes?: number; readonly timeoutMs?: number } = {}): Promise<Ended> {
  const { input = "", mostBytes = 16 * 1024 * 1024, timeoutMs = defaultTimeoutMs } = options;
  const child = start(command, ["pipe", "pipe", "pipe"]);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    endGroup(child);
  }, timeoutMs);
  try {
    child.stdin?.on("error", () => {});
    if (command.isTied !== true) child.stdin?.end(input);
    const [stdout, stderr, code] = await Promise.all([collect(child.stdout, mostBytes, () => endGroup(child)), collectText(child.stderr), ending(child)]);
    if (isLate) throw new Error(`${command.argv.slice(0, 2).join(" ")} took longer than ${timeoutMs / 1000} s.`);
    if (stdout === undefined) throw new Error(`${command.argv.slice(0, 2).join(" ")} said more than ${mostBytes} bytes.`);
    return { stdout, stderr, code };
  } finally {
    clearTimeout(timer);
    endGroup(child);
  }
}

async function collect(stream: Readable | null, most: number, onTooMuch: () => void): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream ?? []) {
    bytes += (chunk as Buffer).length;
    if (bytes > most) onTooMuch();
    else parts.push(chunk as Buffer);
  }
  return bytes > most ? undefined : Buffer.concat(parts);
}

/** The text of a stream up to its end, cut after 64 KiB. */
export async function collectText(stream: Readable | null): Promise<string> {
  let text = "";
  for await (const chunk of stream ?? []) if (text.length < mostStderr) text += (chunk as Buffer).toString("utf8");
  return text.slice(0, mostStderr);
}
