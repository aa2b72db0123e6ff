import { BottleError, copyIn, copyOut, ending, homePath, readAll, relayPipes, relayTerminal, seccompFilter, start, workspacePath } from "@bottle/backend-core";
import type { AttachOptions, Bottle, Entry, ExecOptions, ExecResult } from "@bottle/backend-core";
import { encodePayload, enterCommand, type Architecture } from "./enter.ts";
import { readInsideEnv, type BottleHandle } from "./handle.ts";
import { endInside } from "./end-inside.ts";

/** A running bubblewrap bottle, reached through its two pids; it does not matter which process launched it. */
export class BubblewrapBottle implements Bottle {
  readonly identity: string;
  readonly workspacePath = workspacePath;
  readonly #handle: BottleHandle;

  constructor(identity: string, handle: BottleHandle) {
    this.identity = identity;
    this.#handle = handle;
  }

  async exec(script: string, options: ExecOptions = {}): Promise<ExecResult> {
    refuseRoot(options.user);
    // The whole script is read before any of it runs, so that nothing it starts can swallow the rest from stdin.
    const entry = { argv: ["/bin/sh", "-c", `eval "$(cat)"`], cwd: options.cwd ?? workspacePath, env: options.env ?? {}, ownSession: true };
    const { child, ended } = await this.#enter(entry, options.signal);
    child.stdin?.end(script);
    const [stdout, stderr, exitCode] = await Promise.all([readAll(child.stdout), readAll(child.stderr), ended]);
    options.signal?.throwIfAborted();
    return { stdout, stderr, exitCode };
  }

  async attach(argv: readonly string[], options: AttachOptions): Promise<number> {
    const { terminal, signal } = options;
    const entry = { argv, cwd: options.cwd ?? workspacePath, env: options.env ?? {}, ownSession: !terminal.isTerminal };
    if (terminal.isTerminal) {
      return relayTerminal({ command: this.#command(), label: this.#handle.label, log: this.#handle.terminalLog, payload: await this.#payload(entry), signal });
    }
    // Pipes of our own: an inherited descriptor could be opened anew from inside with more rights than it was given.
    const exitCode = await relayPipes(await this.#enter(entry, signal), terminal);
    signal?.throwIfAborted();
    return exitCode;
  }

  copyIn(source: string, target: string): Promise<void> {
    return copyIn((entry) => this.#enter(entry), source, target);
  }

  copyOut(source: string, target: string): Promise<void> {
    return copyOut((entry) => this.#enter(entry), source, target);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.end();
  }

  async #enter(entry: Entry, signal?: AbortSignal): Promise<{ child: ReturnType<typeof start>; ended: Promise<number> }> {
    signal?.throwIfAborted();
    const payload = await this.#payload(entry);
    const child = start(this.#command(), { stdio: ["pipe", "pipe", "pipe", "pipe"], label: this.#handle.label, detached: true });
    const ended = ending(child);
    for (const stream of child.stdio) stream?.on("error", () => undefined);
    const door = child.stdio[3];
    if (door && "end" in door) door.end(payload);
    if (signal) endInside({ child, ended, signal });
    return { child, ended };
  }

  #command(): readonly string[] {
    return [...this.#handle.joinLimits, ...enterCommand(this.#handle, architecture())];
  }

  async #payload(entry: Entry): Promise<Uint8Array> {
    const env = { ...await readInsideEnv(this.#handle), ...entry.env };
    return encodePayload({ ...entry, env, filter: seccompFilter(architecture()) });
  }
}

function refuseRoot(user: ExecOptions["user"]): void {
  if (user !== "root") return;
  throw new BottleError("exec-failed", "A bubblewrap bottle has no root: the only account inside is node.", {
    mend: `Leave user out, or choose a backend with a root of its own. The agent's home is ${homePath}.`,
  });
}

/** This machine's architecture. @throws BottleError `backend-unavailable` where there is no filter for it */
export function architecture(): Architecture {
  if (process.arch === "x64" || process.arch === "arm64") return process.arch;
  throw new BottleError("backend-unavailable", `There is no seccomp filter for ${process.arch}.`, { mend: "Use x86-64 or arm64." });
}
