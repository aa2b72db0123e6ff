import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import type { PipelockListeners } from "./files.ts";

/** Free ports on loopback for a pipelock. It does not tell which port it would choose, so it cannot be left to it. */
export async function freeListeners(): Promise<PipelockListeners & { readonly port: number }> {
  // Held together until all are known, so that they differ.
  const [first, second, third] = await Promise.all([hold(), hold(), hold()]);
  const [port, metrics, api] = [portOf(first), portOf(second), portOf(third)];
  await Promise.all([first, second, third].map((server) => new Promise((resolve) => server.close(resolve))));
  return { port, listen: `127.0.0.1:${port}`, metricsListen: `127.0.0.1:${metrics}`, apiListen: `127.0.0.1:${api}` };
}

async function hold(): Promise<Server> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}
