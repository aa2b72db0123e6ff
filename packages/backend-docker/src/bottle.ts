import { randomUUID } from "node:crypto";
import { copyIn, copyOut, ending, readAll, relayPipes, relayTerminal, workspacePath } from "@bottle/backend-core";
import type { AttachOptions, Bottle, Entry, ExecOptions, ExecResult } from "@bottle/backend-core";
import type { ChildProcess } from "node:child_process";
import { endInside, entryVariable } from "./end-inside.ts";
import { carried, confined } from "./enter.ts";
import { notRunning, type BottleHandle } from "./handle.ts";
import { noAnswer } from "./host/explain-silence.ts";
import { readUntil } from "./read-until.ts";
import { inSizeOf } from "./terminal-size.ts";

/** Processes inside, reached by a client. */
interface Entered {
  readonly child: ChildProcess;
  readonly ended: Promise<number>;
}

// The whole script is read before any of it runs, so that nothing it starts can swallow the rest from stdin.
const runScript = `eval "$(cat)"`;

/** A running Docker bottle, reached through its agent container; it does not matter which process launched it. */
export class DockerBottle implements Bottle {
  readonly identity: string;
  readonly workspacePath = workspacePath;
  readonly #handle: BottleHandle;
  /** A shell inside that waits for its script. */
  #waiting: Entered | undefined;

  constructor(handle: BottleHandle) {
    this.identity = handle.identity;
    this.#handle = handle;
  }

  async exec(script: string, options: ExecOptions = {}): Promise<ExecResult> {
    const { child, ended } = this.#takeWaiting(options) ?? await this.#enter(scriptEntry(runScript, options), options);
    child.stdin?.end(script);
    const [stdout, stderr, exitCode] = await Promise.all([readAll(child.stdout), readAll(child.stderr), ended]);
    options.signal?.throwIfAborted();
    await this.#requireRunning(exitCode, stderr);
    return { stdout, stderr, exitCode };
  }

  /**
   * Goes in while the first script is still to be found out, runs it, and leaves its shell waiting for the script of the next
   * plain `exec`: going in takes a tenth of a second, which a launch then spends only once.
   * @param options.last what the last line of its output is like
   * @returns its standard output to that line; to its end if it fails, which ends the shell
   */
  async look(script: Promise<string>, options: { readonly last: RegExp; readonly signal: AbortSignal }): Promise<string> {
    // `head` takes as many bytes as it is told and no more; the second script is sent only after the first has ended.
    const entered = await this.#enter(scriptEntry(`set -e; read -r bytes; eval "$(head -c "$bytes")"; set +e; ${runScript}`, {}), options);
    this.#waiting = entered;
    const first = Buffer.from(await script);
    entered.child.stdin?.write(`${first.length}\n`);
    entered.child.stdin?.write(first);
    return await readUntil(entered.child.stdout, options.last);
  }

  async attach(argv: readonly string[], options: AttachOptions): Promise<number> {
    const { terminal, signal } = options;
    const entry = { argv, cwd: options.cwd ?? workspacePath, env: options.env ?? {}, ownSession: !terminal.isTerminal };
    if (terminal.isTerminal) return this.#onTerminal({ ...entry, argv: inSizeOf(terminal.output, argv) }, signal);
    const exitCode = await relayPipes(await this.#enter(entry, { ...(signal && { signal }) }), terminal);
    signal?.throwIfAborted();
    return exitCode;
  }

  copyIn(source: string, target: string): Promise<void> {
    return copyIn((entry) => this.#enter(entry, {}), source, target);
  }

  copyOut(source: string, target: string): Promise<void> {
    return copyOut((entry) => this.#enter(entry, {}), source, target);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.end();
  }

  async #onTerminal(entry: Entry, signal: AbortSignal | undefined): Promise<number> {
    const id = randomUUID();
    const { docker, label, terminalLog } = this.#handle;
    const stop = signal && endInside({ handle: this.#handle, user: "node", id, signal });
    const command = docker.command(["exec", "--interactive", "--tty", ...this.#arguments(entry, "node", id)]);
    try {
      return await relayTerminal({ command, label, log: terminalLog, env: { ...docker.environment, ...carried(entry.env) }, signal });
    } finally {
      await stop?.settled();
    }
  }

  #takeWaiting({ user = "node", cwd, env }: ExecOptions): Entered | undefined {
    if (user !== "node" || cwd !== undefined || env !== undefined) return undefined;
    const waiting = this.#waiting;
    this.#waiting = undefined;
    return waiting;
  }

  async #enter(entry: Entry, { user = "node", signal }: Pick<ExecOptions, "user" | "signal">): Promise<Entered> {
    signal?.throwIfAborted();
    const id = randomUUID();
    const child = this.#handle.docker.start(["exec", "--interactive", ...this.#arguments(entry, user, id)], { stdio: ["pipe", "pipe", "pipe"], env: carried(entry.env) });
    for (const stream of child.stdio) stream?.on("error", () => undefined);
    const exited = ending(child);
    if (!signal) return { child, ended: exited };
    const stop = endInside({ handle: this.#handle, user, id, signal, child });
    return { child, ended: exited.finally(() => stop.settled()) };
  }

  /** Values go by the client's environment, where no argument list shows them: `--env NAME` takes them from there. */
  #arguments(entry: Entry, user: string, id: string): readonly string[] {
    const names = Object.keys(carried(entry.env)).flatMap((name) => ["--env", name]);
    return ["--user", user, "--workdir", entry.cwd, ...names, "--env", `${entryVariable}=${id}`, this.#handle.names.agent, ...confined(this.#handle.architecture, entry.argv)];
  }

  // The client's own failures have codes that programs have as well.
  async #requireRunning(exitCode: number, stderr: Uint8Array): Promise<void> {
    if (exitCode !== 1) return;
    const said = Buffer.from(stderr).toString();
    if (/^Error(?: response from daemon)?: .*(?:No such container|is not running)/.test(said)) throw notRunning(this.identity);
    // A docker inside may have said it of its own engine.
    if (noAnswer(said)) await this.#handle.docker.must(["version"], `The bottle ${this.identity} cannot be reached`);
  }
}

function scriptEntry(script: string, { cwd = workspacePath, env = {} }: ExecOptions): Entry {
  return { argv: ["/bin/sh", "-c", script], cwd, env, ownSession: true };
}
