import { randomUUID } from "node:crypto";
import { copyIn, copyOut, readAll, relayPipes, relayTerminal, workspacePath } from "@bottle/backend-core";
import type { AttachOptions, Bottle, Entry, ExecOptions, ExecResult } from "@bottle/backend-core";
import { EngineError, explainEngine } from "./engine/api.ts";
import { execIn, type Running } from "./engine/exec.ts";
import { endInside, entryVariable } from "./end-inside.ts";
import { carried, confined } from "./enter.ts";
import { notRunning, type BottleHandle } from "./handle.ts";
import { LaunchShell } from "./launch-shell.ts";
import { inSizeOf } from "./terminal-size.ts";

// The whole script is read before any of it runs, so that nothing it starts can swallow the rest from stdin.
const runScript = `eval "$(cat)"`;

/** A running Docker bottle, reached through its agent container; it does not matter which process launched it. */
export class DockerBottle implements Bottle {
  readonly identity: string;
  readonly workspacePath = workspacePath;
  readonly #handle: BottleHandle;
  /** Of the launch; gone once the agent runs. */
  #shell: LaunchShell | undefined;
  #hasRun = false;

  constructor(handle: BottleHandle) {
    this.identity = handle.identity;
    this.#handle = handle;
  }

  async exec(script: string, options: ExecOptions = {}): Promise<ExecResult> {
    const shell = this.#shellFor(options);
    if (shell) {
      const result = await shell.run(script);
      options.signal?.throwIfAborted();
      return result;
    }
    const { child, ended } = await this.#enter(scriptEntry(runScript, options), options);
    child.stdin.end(script);
    const [stdout, stderr, exitCode] = await Promise.all([readAll(child.stdout), readAll(child.stderr), ended]);
    options.signal?.throwIfAborted();
    return { stdout, stderr, exitCode };
  }

  /**
   * Goes in while the launch's first script is still to be found out, and runs it. The shell then waits for the launch's
   * next plain `exec`, and for the agent.
   * @returns its standard output
   */
  async look(script: Promise<string>, signal: AbortSignal): Promise<string> {
    const id = randomUUID();
    const shell = new LaunchShell(id, (argv) => this.#enter({ argv, cwd: workspacePath, env: {}, ownSession: true }, { id, signal }));
    this.#shell = shell;
    const { stdout } = await shell.run(await script);
    return Buffer.from(stdout).toString();
  }

  async attach(argv: readonly string[], options: AttachOptions): Promise<number> {
    const { terminal, signal } = options;
    const shell = this.#shell;
    this.#shell = undefined;
    const entry = { argv, cwd: options.cwd ?? workspacePath, env: options.env ?? {}, ownSession: !terminal.isTerminal };
    const canBecome = !terminal.isTerminal && entry.cwd === workspacePath && Object.keys(entry.env).length === 0;
    if (!canBecome) shell?.end();
    if (terminal.isTerminal) return this.#onTerminal({ ...entry, argv: inSizeOf(terminal.output, argv) }, signal);
    const entered = shell && canBecome ? await this.#become(shell, argv, signal) : await this.#enter(entry, { signal });
    const exitCode = await relayPipes(entered, terminal);
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

  /** Once: after the launch, what others run is kept apart from what the agent's streams carry. */
  #shellFor({ user = "node", cwd, env }: ExecOptions): LaunchShell | undefined {
    if (this.#hasRun || user !== "node" || cwd !== undefined || env !== undefined) return undefined;
    this.#hasRun = true;
    return this.#shell;
  }

  async #become(shell: LaunchShell, argv: readonly string[], signal: AbortSignal | undefined): Promise<Running> {
    signal?.throwIfAborted();
    return this.#untilAborted(shell.become(argv), { id: shell.id, user: "node", signal });
  }

  async #enter(entry: Entry, { user = "node", signal, id = randomUUID() }: Pick<ExecOptions, "user"> & { readonly signal?: AbortSignal | undefined; readonly id?: string } = {}): Promise<Running> {
    signal?.throwIfAborted();
    const { docker, names, architecture } = this.#handle;
    const program = { argv: confined(architecture, entry.argv), user, cwd: entry.cwd, env: { ...carried(entry.env), [entryVariable]: id }, signal };
    return this.#untilAborted(execIn(docker.api, names.agent, program), { id, user, signal });
  }

  /** Has an abort end what was entered, or is being entered. */
  async #untilAborted(entering: Promise<Running>, { id, user, signal }: { readonly id: string; readonly user: NonNullable<ExecOptions["user"]>; readonly signal: AbortSignal | undefined }): Promise<Running> {
    const stop = signal && endInside({ handle: this.#handle, user, id, signal, entering });
    const explain = (error: unknown): Promise<never> => Promise.reject(this.#explained(error));
    try {
      const { child, ended } = await entering;
      const explained = ended.catch(explain).finally(() => stop?.settled());
      // Whoever awaits it is told.
      explained.catch(() => undefined);
      return { child, ended: explained };
    } catch (error) {
      await stop?.settled();
      return explain(error);
    }
  }

  /** Of a client on a terminal. Values go by its environment, where no argument list shows them: `--env NAME` takes them from there. */
  #arguments(entry: Entry, user: string, id: string): readonly string[] {
    const names = Object.keys(carried(entry.env)).flatMap((name) => ["--env", name]);
    return ["--user", user, "--workdir", entry.cwd, ...names, "--env", `${entryVariable}=${id}`, this.#handle.names.agent, ...confined(this.#handle.architecture, entry.argv)];
  }

  // Of a container that was removed, and of one that ended (docs.docker.com/reference/api/engine, ContainerExec).
  #explained(error: unknown): unknown {
    if (error instanceof EngineError && (error.status === 404 || error.status === 409) && !/paused/i.test(error.message)) return notRunning(this.identity, error);
    return explainEngine(`The bottle ${this.identity} cannot be reached`, error);
  }
}

function scriptEntry(script: string, { cwd = workspacePath, env = {} }: ExecOptions): Entry {
  return { argv: ["/bin/sh", "-c", script], cwd, env, ownSession: true };
}
