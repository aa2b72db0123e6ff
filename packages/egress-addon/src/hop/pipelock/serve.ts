import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { type Child, startChild } from "./child.ts";
import { readOrder, type Report } from "./lines.ts";

/** The socket's name in the directory that a pipelock's container shares with the one that orders it. */
export const besideSocket = "beside.sock";

const pauseMs = 50;

/**
 * Runs pipelock as it is ordered over the socket in its directory, which who orders makes: as long as that is not there, it is
 * waited for; when the connection ends, so does pipelock. What it writes is handed over, and to `say`.
 * @param options.directory holds its config, its CA and the socket; may be read-only
 */
export async function servePipelock(options: {
  readonly binary: string;
  readonly directory: string;
  readonly say: (line: string, from: "stdout" | "stderr") => void;
  readonly signal: AbortSignal;
}): Promise<void> {
  const socket = await call(join(options.directory, besideSocket), options.signal);
  if (socket === undefined) return;
  const stop = (): void => void socket.destroy();
  options.signal.addEventListener("abort", stop, { once: true });
  const report = (one: Report): void => void (socket.writable && socket.write(`${JSON.stringify(one)}\n`));
  let child: Child | undefined;
  const start = (): void => {
    if (child !== undefined) return;
    const started = startChild({
      command: [options.binary, "run", "--config", join(options.directory, "pipelock.yaml")], directory: options.directory, environment: { HOME: options.directory },
      onLine: (line, from) => {
        options.say(line, from);
        report({ line, from });
      },
    });
    child = started;
    void started.ended.then((ended) => {
      child = undefined;
      report({ ended });
    });
  };
  createInterface({ input: socket }).on("line", (text) => {
    const order = readOrder(text)?.order;
    if (order === "start") start();
    else if (order === "hang-up") child?.hangUp();
    else if (order === "stop") void child?.stop();
  });
  await once(socket, "close");
  options.signal.removeEventListener("abort", stop);
  await child?.stop();
}

async function call(path: string, signal: AbortSignal): Promise<Socket | undefined> {
  while (!signal.aborted) {
    const socket = connect({ path });
    try {
      await once(socket, "connect", { signal });
      return socket.on("error", () => socket.destroy());
    } catch {
      socket.on("error", () => {}).destroy();
      await sleep(pauseMs, undefined, { signal }).catch(() => {});
    }
  }
  return undefined;
}
