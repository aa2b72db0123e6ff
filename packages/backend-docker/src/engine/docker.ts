import type { ChildProcess, StdioOptions } from "node:child_process";
import { BottleError, ending, readAll, start } from "@bottle/backend-core";
import { noAnswer } from "../host/explain-silence.ts";

/** What a finished `docker` left. */
export interface DockerResult {
  readonly exitCode: number;
  readonly stdout: Uint8Array;
  readonly stderr: string;
}

/** Options of one call. */
export interface DockerOptions {
  readonly input?: string | Uint8Array;
  /** Besides the variables that name the engine. Values meant for `--env NAME` and compose go here, never into argv. */
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal | undefined;
  /** A process of the same command that waits for its input already. */
  readonly waiting?: ChildProcess | undefined;
}

/** The one door to the engine: the `docker` program, which knows contexts, DOCKER_HOST, TLS and SSH. */
export interface Docker {
  /** Runs `docker ARGS` to its end; an aborted call is killed and throws the signal's reason. */
  run(args: readonly string[], options?: DockerOptions): Promise<DockerResult>;
  /**
   * The same, for calls that must succeed: resolves to standard output as text.
   * @throws BottleError `backend-unavailable` if the engine does not answer; `launch-failed`: `what` could not be done, with docker's own last line
   */
  must(args: readonly string[], what: string, options?: DockerOptions): Promise<string>;
  /** Starts `docker ARGS` and leaves its streams to the caller. */
  start(args: readonly string[], options: { readonly stdio: StdioOptions; readonly env?: Readonly<Record<string, string>>; readonly detached?: boolean }): ChildProcess;
  /** The command line of such a call, for a program that starts it itself, and the variables it then needs. */
  command(args: readonly string[]): readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** Another program with the same engine in its environment: `docker-compose`. */
  program(command: readonly string[], options?: DockerOptions): Promise<DockerResult>;
  /** Starts such a program, which then waits for its input: to be given to `program`, or killed. */
  startProgram(command: readonly string[], options?: Pick<DockerOptions, "env">): ChildProcess;
}

// What names the engine and the way to it, by `docker --help` and the SSH helper's needs.
const passedOn = ["HOME", "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "DOCKER_TLS", "DOCKER_TLS_VERIFY", "DOCKER_CERT_PATH", "DOCKER_API_VERSION", "XDG_RUNTIME_DIR", "SSH_AUTH_SOCK"];

/** @param env the operator's environment @param label value of BOTTLE_OWNED on what is started */
export function createDocker(env: Readonly<Record<string, string | undefined>>, label: string): Docker {
  const engine: Record<string, string> = Object.fromEntries(passedOn.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
  const launch = (command: readonly string[], options: { readonly stdio: StdioOptions; readonly env?: Readonly<Record<string, string>> | undefined; readonly detached?: boolean }): ChildProcess =>
    start(command, { stdio: options.stdio, label, detached: options.detached ?? true, env: { ...options.env, ...engine } });
  const startProgram: Docker["startProgram"] = (command, { env: more } = {}) => launch(command, { stdio: ["pipe", "pipe", "pipe"], env: more });
  const program: Docker["program"] = (command, options = {}) => finish(() => options.waiting ?? startProgram(command, options), options);
  const run: Docker["run"] = (args, options) => program(["docker", ...args], options);
  return {
    run, program, startProgram,
    command: (args) => ["docker", ...args],
    environment: engine,
    start: (args, options) => launch(["docker", ...args], options),
    must: async (args, what, options) => {
      const { exitCode, stdout, stderr } = await run(args, options);
      if (exitCode === 0) return Buffer.from(stdout).toString();
      const silence = noAnswer(stderr);
      if (silence) throw new BottleError("backend-unavailable", `${what}: ${silence.reason}`, { mend: silence.mend });
      throw new BottleError("launch-failed", `${what}: ${lastLine(stderr) || `docker ended with ${exitCode}`}`, { mend: "Run `bottle doctor --backend docker`." });
    },
  };
}

async function finish(launch: () => ChildProcess, { input, signal }: DockerOptions): Promise<DockerResult> {
  signal?.throwIfAborted();
  const child = launch();
  const onAbort = (): void => void child.kill("SIGKILL");
  signal?.addEventListener("abort", onAbort, { once: true });
  try {
    const ended = ending(child);
    child.stdin?.on("error", () => undefined);
    child.stdin?.end(input ?? "");
    const [stdout, stderr, exitCode] = await Promise.all([readAll(child.stdout), readAll(child.stderr), ended]);
    signal?.throwIfAborted();
    return { exitCode, stdout, stderr: Buffer.from(stderr).toString() };
  } finally {
    signal?.removeEventListener("abort", onAbort);
  }
}

/** The last line a program said that says something. */
export function lastLine(text: string): string {
  return text.trim().split("\n").findLast((line) => line.trim() !== "")?.trim() ?? "";
}
