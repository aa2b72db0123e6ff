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
const letGoMs = 1_000;

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
  let letGo: NodeJS.Timeout | undefined;
  const timer = setTimeout(() => {
    isLate = true;
    endGroup(child);
  }, timeoutMs);
  // What it has left behind, as a git that is killed its ssh, would be waited for; and an ssh that others share holds what it was given to write to.
  child.once("exit", (code) => {
    endGroup(child);
    if (code !== 0) letGo = setTimeout(() => [child.stdout, child.stderr].forEach((stream) => stream?.destroy()), letGoMs);
  });
  try {
    child.stdin?.on("error", () => {});
    if (command.isTied !== true) child.stdin?.end(input);
    const [stdout, stderr, code] = await Promise.all([collect(pieces(child, child.stdout), mostBytes, () => endGroup(child)), collectText(pieces(child, child.stderr)), ending(child)]);
    if (isLate) throw new Error(`${command.argv.slice(0, 2).join(" ")} took longer than ${timeoutMs / 1000} s.`);
    if (stdout === undefined) throw new Error(`${command.argv.slice(0, 2).join(" ")} said more than ${mostBytes} bytes.`);
    return { stdout, stderr, code };
  } finally {
    clearTimeout(timer);
    clearTimeout(letGo);
    endGroup(child);
  }
}

// All of what it said, unless it failed: then what came until it was let go.
async function* pieces(child: ChildProcess, stream: Readable | null): AsyncGenerator<Buffer> {
  try {
    for await (const chunk of stream ?? []) yield chunk as Buffer;
  } catch (error) {
    if (child.exitCode === 0 || !(error instanceof Error && "code" in error && error.code === "ERR_STREAM_PREMATURE_CLOSE")) throw error;
  }
}

async function collect(stream: AsyncIterable<Buffer>, most: number, onTooMuch: () => void): Promise<Buffer | undefined> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > most) onTooMuch();
    else parts.push(chunk);
  }
  return bytes > most ? undefined : Buffer.concat(parts);
}

/** The text of a stream up to its end, cut after 64 KiB. */
export async function collectText(stream: AsyncIterable<Buffer> | Readable | null): Promise<string> {
  let text = "";
  for await (const chunk of stream ?? []) if (text.length < mostStderr) text += (chunk as Buffer).toString("utf8");
  return text.slice(0, mostStderr);
}
