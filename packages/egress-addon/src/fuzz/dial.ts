import { connect, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { readHead, settled } from "./speak.ts";
import type { World } from "./world.ts";

const patienceMs = 3_000;

/** Which of a world's two proxies. */
export type Way = "direct" | "hopping";

/** A bare connection to a proxy. */
export async function dial(world: World, way: Way = "direct"): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port: way === "direct" ? world.port : world.hoppingPort, noDelay: true });
  world.clients.add(socket);
  socket.on("error", () => {}).once("close", () => world.clients.delete(socket));
  await settled(socket, "connect", patienceMs);
  return socket;
}

/** A tunnel, past its 200; undefined if it was refused. */
export async function tunnel(world: World, authority: string, way: Way = "direct"): Promise<Socket | undefined> {
  const socket = await dial(world, way);
  socket.write(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
  if ((await readHead(socket, patienceMs)).startsWith("HTTP/1.1 200 ")) return socket;
  socket.destroy();
  return undefined;
}

/** TLS in a tunnel; undefined if it did not come about. */
export async function secure(world: World, host: string, options: { readonly alpn?: "h2" | "http/1.1"; readonly way?: Way } = {}): Promise<TLSSocket | undefined> {
  const { alpn = "http/1.1", way = "direct" } = options;
  const socket = await tunnel(world, `${host}:443`, way);
  if (socket === undefined) return undefined;
  const { caCertificate } = way === "direct" ? world.proxy : world.hopping;
  const inner = connectTls({ socket, ca: caCertificate, servername: host, ALPNProtocols: [alpn] });
  inner.on("error", () => socket.destroy()).once("close", () => socket.destroy());
  if (await settled(inner, "secureConnect", patienceMs)) return inner;
  inner.destroy();
  return undefined;
}
