import { once } from "node:events";
import { createServer, type AddressInfo } from "node:net";
import { createInterface } from "node:readline";
import { setTimeout as delay } from "node:timers/promises";
import { execa } from "execa";

/** The core of each proxy, and that of the load client and the upstream. */
const proxyCore = "0";
const loadCore = "1";
const startMs = 30_000;
const complaintLength = 2000;

/** What a program of ours is told, as JSON in its first argument. */
export interface ProgramConfig {
  readonly upstreamPort: number;
  /** PEM of the CA that the upstream is signed by. */
  readonly upstreamCa: string;
  /** The names that lead to the upstream. */
  readonly hosts: readonly string[];
  /** The value that goes into `Authorization: Bearer`. */
  readonly token: string;
  /** Empty, its own. */
  readonly directory: string;
  readonly dlp?: "block" | "off";
}

/** What a program of ours says in one line once it listens. */
export interface ProgramReady {
  readonly port: number;
  /** PEM of the CA that clients are to trust; absent: the upstream's. */
  readonly ca?: string;
}

/** A process of its own. */
export interface Program extends AsyncDisposable {
  readonly pid: number;
  /** Its next line of standard output. @throws Error if it ends before */
  line(): Promise<string>;
}

/** Keeps this process, and what it starts from now on, on the core of the load. */
export async function pinLoad(): Promise<void> {
  await execa("taskset", ["--all-tasks", "--cpu-list", "--pid", loadCore, String(process.pid)]);
}

/** Starts a program; a proxy gets the other core. */
export function startProgram(command: readonly string[], options: { readonly isProxy: boolean }): Program {
  const pinned = ["--cpu-list", options.isProxy ? proxyCore : loadCore, ...command];
  const child = execa("taskset", pinned, { stdin: "ignore", buffer: false, reject: false, forceKillAfterDelay: 2000 });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  let complaint = "";
  child.stderr.on("data", (chunk: Buffer) => void (complaint = `${complaint}${chunk.toString()}`.slice(-complaintLength)));
  return {
    pid: child.pid ?? 0,
    async line() {
      const { value, done } = await Promise.race([lines.next(), delay(startMs, { value: undefined, done: true }, { ref: false })]);
      if (done === true || value === undefined) throw new Error(`bench: ${command.join(" ").slice(0, 200)} did not start: ${complaint}`);
      return value;
    },
    async [Symbol.asyncDispose]() {
      child.kill();
      await child;
    },
  };
}

/** A port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}
