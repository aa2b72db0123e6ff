import { createServer, type Server } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { DockerEngineError } from "./errors.ts";

const retryMs = 100;

/**
 * Runs work while no other process does, by a name of the kernel's (unix(7), abstract sockets): it is free again the moment
 * its holder ends, however that ends, so there is no stale lock to judge.
 * @throws DockerEngineError `lock-busy` when it was not free in time
 */
export async function exclusively<T>(name: string, timeoutMs: number, work: () => Promise<T>): Promise<T> {
  const server = await lock(name, AbortSignal.timeout(timeoutMs));
  try {
    return await work();
  } finally {
    await new Promise((resolve) => server.close(resolve));
  }
}

async function lock(name: string, signal: AbortSignal): Promise<Server> {
  for (;;) {
    const server = await tryLock(name);
    if (server) return server;
    if (signal.aborted) throw new DockerEngineError("lock-busy", `Another process has held the lock ${JSON.stringify(name)} for too long; see \`ss -xl\`.`);
    await delay(retryMs);
  }
}

function tryLock(name: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => (error.code === "EADDRINUSE" ? resolve(undefined) : reject(error)));
    server.listen(`\0${name}`, () => resolve(server));
  });
}
