import { lookup } from "node:dns/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostPort } from "@bottle/way-out";
import { EgressError } from "../../errors.ts";
import { meetBeside } from "./beside.ts";
import { type Child, type OnLine, startChild } from "./child.ts";
import type { PipelockListeners } from "./files.ts";
import { freeListeners } from "./ports.ts";
import { besideSocket } from "./serve.ts";

/** Where a pipelock runs. Disposing gives the place up, once pipelock has ended. */
export interface Place extends AsyncDisposable {
  /** In an error. */
  readonly name: string;
  readonly at: HostPort;
  readonly listeners: PipelockListeners;
  start(onLine: OnLine): Child;
}

/** As a child of this process, on loopback. */
export async function placeHere({ binary, directory, environment = {} }: {
  readonly binary: string;
  readonly directory: string;
  readonly environment?: Readonly<Record<string, string>> | undefined;
}): Promise<Place> {
  const { port, ...listeners } = await freeListeners();
  return {
    name: binary, at: { host: "127.0.0.1", port }, listeners,
    start: (onLine) => startChild({
      command: [binary, "run", "--config", join(directory, "pipelock.yaml")], directory, environment: { HOME: directory, ...environment },
      logFile: join(directory, "pipelock.log"), onLine,
    }),
    async [Symbol.asyncDispose]() {},
  };
}

// In a container of its own no port is taken.
const [port, metricsPort, apiPort] = [8888, 8889, 8890];
const pauseMs = 50;

/**
 * In a container that shares the directory with us and runs `servePipelock`. It listens at the address that its name has for us,
 * so on the network that we share with it and on no other.
 * @throws EgressError `pipelock-failed` if it does not call, or its name is not known, in time; `stopped`
 */
export async function placeBeside({ host, directory, timeoutMs, signal }: {
  readonly host: string;
  readonly directory: string;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
}): Promise<Place> {
  const deadline = performance.now() + timeoutMs;
  const beside = await meetBeside({ socket: join(directory, besideSocket), timeoutMs, signal });
  try {
    const address = await addressOf(host, deadline, signal);
    return {
      name: host, at: { host: address, port },
      listeners: { listen: `${address}:${port}`, metricsListen: `127.0.0.1:${metricsPort}`, apiListen: `127.0.0.1:${apiPort}` },
      start: beside.start,
      [Symbol.asyncDispose]: () => beside[Symbol.asyncDispose](),
    };
  } catch (error) {
    await beside[Symbol.asyncDispose]();
    throw error;
  }
}

async function addressOf(host: string, deadline: number, signal: AbortSignal | undefined): Promise<string> {
  while (performance.now() < deadline && signal?.aborted !== true) {
    const found = await lookup(host, { family: 4 }).catch(() => undefined);
    if (found) return found.address;
    await sleep(pauseMs, undefined, signal ? { signal } : {}).catch(() => {});
  }
  if (signal?.aborted) throw new EgressError("stopped", "pipelock was stopped before it was ready.", { cause: signal.reason });
  throw new EgressError("pipelock-failed", `The pipelock beside has no address: ${host} is not known.`);
}
