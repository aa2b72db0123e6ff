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

/** What a finished run of the program left. */
export interface Finished {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A folder of its own with a `gate.yaml` in it. */
export interface Folder extends AsyncDisposable {
  readonly path: string;
  file(name: string): string;
  configure(yaml: string): Promise<void>;
  /** Runs a command line there, in this process, until it ends. */
  run(...args: readonly string[]): Promise<Finished>;
  /** Starts the gate there, as a process, and waits until it listens. */
  start(env?: Readonly<Record<string, string>>): Promise<Running>;
}

/** A gate as a process. */
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
  const path = await mkdtemp(join(tmpdir(), "git-gate-"));
  const running = new Set<Running>();
  return {
    path,
    file: (name) => join(path, name),
    configure: (yaml) => writeFile(join(path, "gate.yaml"), yaml),
    run: (...args) => runHere(path, args),
    async start(env = {}) {
      const started = await startIn(path, env);
      running.add(started);
      return started;
    },
    async [Symbol.asyncDispose]() {
      for (const one of running) await one[Symbol.asyncDispose]();
      await rm(path, { recursive: true, force: true });
    },
  };
}

async function runHere(cwd: string, args: readonly string[]): Promise<Finished> {
  const said = { out: "", err: "" };
  const world: World = {
    cwd, env: { PATH: process.env["PATH"] ?? "" }, now: () => new Date(), onSignal: () => ({ [Symbol.dispose]() {} }),
    out: (text) => void (said.out += `${text}\n`), err: (text) => void (said.err += `${text}\n`),
  };
  const status = await runProgram(world, args);
  return { status, stdout: said.out, stderr: said.err };
}

async function startIn(cwd: string, env: Readonly<Record<string, string>>): Promise<Running> {
  const child = spawn(process.execPath, ["--conditions=@bottle/source", program], { cwd, env: { PATH: process.env["PATH"] ?? "", ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const ended = once(child, "close");
  let said = "";
  child.stderr.on("data", (chunk: Buffer) => void (said += chunk.toString()));
  const lines: Readonly<Record<string, unknown>>[] = [];
  createInterface({ input: child.stdout }).on("line", (line) => lines.push(JSON.parse(line) as Readonly<Record<string, unknown>>));
  const address = await new Promise<string>((resolve, reject) => {
    const look = (): void => {
      const found = /listening on ([^,]+),/.exec(said)?.[1];
      if (found !== undefined) resolve(found);
    };
    child.stderr.on("data", look);
    void ended.then(() => reject(new Error(`the gate ended: ${said}`)));
  });
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
    return child.exitCode;
  };
  return { child, address, said: () => said, lines, end, [Symbol.asyncDispose]: async () => void await end("SIGKILL") };
}
