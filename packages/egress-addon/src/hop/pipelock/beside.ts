import { once } from "node:events";
import { chmod, rm } from "node:fs/promises";
import { createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { EgressError } from "../../errors.ts";
import type { Child, ChildEnd, OnLine } from "./child.ts";
import { readReport, type Order, type Report } from "./lines.ts";

/** The way to who runs a pipelock in another container, with whom we share its directory. Disposing ends both. */
export interface Beside extends AsyncDisposable {
  /** Starts it on the directory's config. One at a time. */
  start(onLine: OnLine): Child;
}

const keptWords = 5;
const longestReport = 256 * 1024;

/**
 * Waits on a Unix socket until `servePipelock` calls. Only the first to call is heard; the socket is gone then.
 * @throws EgressError `pipelock-failed` if nobody calls in time, `stopped`
 */
export async function meetBeside(options: { readonly socket: string; readonly timeoutMs: number; readonly signal: AbortSignal | undefined }): Promise<Beside> {
  const { signal, timeoutMs } = options;
  await rm(options.socket, { force: true });
  const server = createServer();
  try {
    server.listen({ path: options.socket });
    await once(server, "listening");
    await chmod(options.socket, 0o600);
    return besideOn(await caller(server, signal ? AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]) : AbortSignal.timeout(timeoutMs)));
  } catch (error) {
    if (signal?.aborted) throw new EgressError("stopped", "pipelock was stopped before it was ready.", { cause: signal.reason });
    throw new EgressError("pipelock-failed", "Nobody runs a pipelock beside: its container did not call in time.", { cause: error });
  } finally {
    server.close();
  }
}

async function caller(server: Server, signal: AbortSignal): Promise<Socket> {
  const { promise, resolve, reject } = Promise.withResolvers<Socket>();
  const onAbort = (): void => reject(signal.reason);
  signal.addEventListener("abort", onAbort, { once: true });
  if (signal.aborted) onAbort();
  let isMet = false;
  server.on("connection", (socket) => {
    if (isMet) return socket.destroy();
    isMet = true;
    resolve(socket);
  });
  return promise.finally(() => signal.removeEventListener("abort", onAbort));
}

function besideOn(socket: Socket): Beside {
  let current: { notice(report: Report): void } | undefined;
  socket.on("error", () => socket.destroy());
  socket.once("close", () => current?.notice({ ended: {} }));
  let sinceReport = 0;
  socket.on("data", (chunk: Buffer) => {
    sinceReport += chunk.length;
    if (sinceReport > longestReport) socket.destroy();
  });
  createInterface({ input: socket }).on("line", (text) => {
    sinceReport = 0;
    const report = readReport(text);
    if (report === undefined) return;
    current?.notice(report);
  });
  const order = (one: Order): void => void (socket.writable && socket.write(`${JSON.stringify(one)}\n`));
  return {
    start(onLine) {
      const { promise: ended, resolve } = Promise.withResolvers<ChildEnd>();
      const lastWords: string[] = [];
      let isRunning = true;
      current = {
        notice(report) {
          if ("ended" in report) {
            isRunning = false;
            return resolve(report.ended);
          }
          if (report.from === "stderr" && lastWords.push(report.line) > keptWords) lastWords.shift();
          onLine(report.line, report.from);
        },
      };
      if (socket.destroyed) current.notice({ ended: {} });
      order({ order: "start" });
      return {
        ended, lastWords,
        hangUp: () => isRunning && order({ order: "hang-up" }),
        async stop() {
          if (isRunning) order({ order: "stop" });
          await ended;
        },
      };
    },
    async [Symbol.asyncDispose]() {
      if (socket.destroyed) return;
      const closed = once(socket, "close");
      socket.destroy();
      await closed;
    },
  };
}
