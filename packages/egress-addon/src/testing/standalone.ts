import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { World } from "@bottle/standalone";
import { runProgram } from "../standalone/program.ts";

const program = fileURLToPath(new URL("../main.ts", import.meta.url));
const argv = ["--conditions=@bottle/source", program];

/** What a finished run of the program left. */
export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own with an `egress.yaml` in it. */
export interface Folder extends AsyncDisposable {
  readonly path: string;
  file(name: string): string;
  configure(yaml: string): Promise<void>;
  /** Runs a command line there, in this process, until it ends. */
  run(...args: readonly string[]): Promise<Finished>;
  /** The same with variables. */
  runWith(env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Finished>;
  /** The same in a process of its own. */
  spawn(...args: readonly string[]): Promise<Finished>;
  /** Starts the proxy there and waits until it listens. */
  start(options?: StartOptions): Promise<Running>;
}

/** What a start may change. */
export interface StartOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A program in front, with its arguments, for example `prlimit`. */
  readonly under?: readonly string[];
}

/** A proxy as a process. */
export interface Running extends AsyncDisposable {
  readonly child: ChildProcess;
  /** As said on standard error: `127.0.0.1:PORT` or a path. */
  readonly address: string;
  readonly said: () => string;
  /** Audit lines on standard output. */
  readonly lines: readonly Readonly<Record<string, unknown>>[];
  /** Sends a signal and answers the exit status. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/** Makes a folder. */
export async function makeFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "egress-"));
  const running = new Set<Running>();
  return {
    path,
    file: (name) => join(path, name),
    configure: (yaml) => writeFile(join(path, "egress.yaml"), yaml),
    run: (...args) => runHere(path, {}, args),
    runWith: (env, ...args) => runHere(path, env, args),
    spawn: (...args) => spawnIn(path, args),
    async start(options) {
      const started = await startIn(path, options);
      running.add(started);
      return started;
    },
    async [Symbol.asyncDispose]() {
      for (const one of running) await one[Symbol.asyncDispose]();
      await rm(path, { recursive: true, force: true });
    },
  };
}

async function runHere(cwd: string, env: Readonly<Record<string, string>>, args: readonly string[]): Promise<Finished> {
  const said = { out: "", err: "" };
  const world: World = {
    cwd, env: { PATH: process.env["PATH"] ?? "", ...env }, now: () => new Date(), onSignal: () => ({ [Symbol.dispose]() {} }),
    out: (text) => void (said.out += `${text}\n`), err: (text) => void (said.err += `${text}\n`),
  };
  const status = await runProgram(world, args);
  return { status, stdout: said.out, stderr: said.err };
}

async function spawnIn(cwd: string, args: readonly string[]): Promise<Finished> {
  const child = spawn(process.execPath, [...argv, ...args], { cwd, env: { PATH: process.env["PATH"] ?? "" }, stdio: ["ignore", "pipe", "pipe"] });
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const [status] = await once(child, "close") as [number | null];
  return { status, stdout: stdout(), stderr: stderr() };
}

async function startIn(cwd: string, { env = {}, under = [] }: StartOptions = {}): Promise<Running> {
  const [command = "", ...args] = [...under, process.execPath, ...argv];
  const child = spawn(command, args, { cwd, env: { PATH: process.env["PATH"] ?? "", ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  const said = collect(child.stderr);
  const lines: Readonly<Record<string, unknown>>[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line) as Readonly<Record<string, unknown>>));
  const address = await new Promise<string>((resolve, reject) => {
    const look = (): void => {
      const found = /listening on ([^,]+),/.exec(said())?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stderr.on("data", look);
    void ended.then(() => reject(new Error(`the proxy ended: ${said()}`)));
  });
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
    return child.exitCode;
  };
  return { child, address, said, lines, end, [Symbol.asyncDispose]: async () => void await end("SIGKILL") };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = "";
  stream.on("data", (chunk: Buffer | string) => void (text += String(chunk)));
  return () => text;
}
