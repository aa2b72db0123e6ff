import type { ChildProcess } from "node:child_process";
import { BottleError, ending, readAll } from "@bottle/backend-core";
import { engineVariables, startClient, type ClientOptions } from "./client.ts";
import { noAnswer } from "../host/explain-silence.ts";
import { plainAddress } from "./address.ts";
import { createApi, EngineError, type EngineApi } from "./api.ts";

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

/** The one door to the engine: the `docker` program, which knows contexts, DOCKER_HOST, TLS and SSH, and the API it stands on. */
export interface Docker {
  /**
   * Runs `docker ARGS` to its end; an aborted call is killed and throws the signal's reason.
   * @throws BottleError `backend-unavailable` after two minutes: what takes longer goes by `program`
   */
  run(args: readonly string[], options?: DockerOptions): Promise<DockerResult>;
  /**
   * The same, for calls that must succeed: resolves to standard output as text.
   * @throws BottleError `backend-unavailable` if the engine does not answer; `launch-failed`: `what` could not be done, with docker's own last line
   */
  must(args: readonly string[], what: string, options?: DockerOptions): Promise<string>;
  /** Starts `docker ARGS` and leaves its streams to the caller. */
  start(args: readonly string[], options: ClientOptions): ChildProcess;
  /** The command line of such a call, for a program that starts it itself, and the variables it then needs. */
  command(args: readonly string[]): readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  /** The operator's, which names the engine and docker's settings. */
  readonly operatorEnv: Readonly<Record<string, string | undefined>>;
  /** The engine itself, for what a start is in a hurry about. */
  readonly api: EngineApi;
  /** Where docker finds the engine, as in DOCKER_HOST. @throws EngineError for a context that does not exist */
  address(): Promise<string>;
  /** Another program with the same engine in its environment: `docker-compose`. */
  program(command: readonly string[], options?: DockerOptions): Promise<DockerResult>;
  /** Starts such a program, which then waits for its input: to be given to `program`, or killed. */
  startProgram(command: readonly string[], options?: Pick<DockerOptions, "env">): ChildProcess;
}

// Stopping, the longest of what is asked, takes seconds; ten at once on a busy machine half a minute.
const longestRunMs = 120_000;

/** @param env the operator's environment @param label value of BOTTLE_OWNED on what is started @param longestMs for one `run` */
export function createDocker(env: Readonly<Record<string, string | undefined>>, label: string, longestMs = longestRunMs): Docker {
  const launch = (command: readonly string[], options: ClientOptions): ChildProcess => startClient(command, { env, label }, options);
  const startProgram: Docker["startProgram"] = (command, { env: more } = {}) => launch(command, { stdio: ["pipe", "pipe", "pipe"], env: more });
  const program: Docker["program"] = (command, options = {}) => finish(() => options.waiting ?? startProgram(command, options), options);
  const run: Docker["run"] = async (args, options = {}) => {
    const limit = AbortSignal.timeout(longestMs);
    try {
      return await program(["docker", ...args], { ...options, signal: options.signal ? AbortSignal.any([options.signal, limit]) : limit });
    } catch (error) {
      if (error !== limit.reason) throw error;
      throw new BottleError("backend-unavailable", `\`docker ${args[0] ?? ""}\` got no answer for ${longestMs / 1000} seconds.`, { mend: "Restart the engine if it stays so; `bottle cleanup` removes what was left." });
    }
  };
  const start: Docker["start"] = (args, options) => launch(["docker", ...args], options);
  const environment = engineVariables(env);
  let known: Promise<string> | undefined;
  const address = (): Promise<string> => {
    known ??= plainAddress(env).then((plain) => plain ?? contextAddress(run));
    known.catch(() => (known = undefined));
    return known;
  };
  return {
    run, program, startProgram, start, address,
    api: createApi({ address, start, environment }),
    command: (args) => ["docker", ...args],
    environment,
    operatorEnv: env,
    must: async (args, what, options) => {
      const { exitCode, stdout, stderr } = await run(args, options);
      if (exitCode === 0) return Buffer.from(stdout).toString();
      const silence = noAnswer(stderr);
      if (silence) throw new BottleError("backend-unavailable", `${what}: ${silence.reason}`, { mend: silence.mend });
      throw new BottleError("launch-failed", `${what}: ${lastLine(stderr) || `docker ended with ${exitCode}`}`, { mend: "Run `bottle doctor --backend docker`." });
    },
  };
}

async function contextAddress(run: Docker["run"]): Promise<string> {
  const { exitCode, stdout, stderr } = await run(["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"]);
  if (exitCode !== 0) throw new EngineError(lastLine(stderr) || `docker ended with ${exitCode}`, undefined);
  return Buffer.from(stdout).toString().trim();
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
