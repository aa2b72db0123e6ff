import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { connect as connectTls, type TLSSocket } from "node:tls";
import type { Rig } from "./rig.ts";

/** What a socket said. */
export interface Heard {
  readonly text: string;
  /** Whether the other side closed; false if the wait was over first. */
  readonly isClosed: boolean;
}

/** A bare connection to the proxy. */
export async function dialProxy(rig: Rig): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port: rig.port, noDelay: true });
  socket.on("error", () => {});
  await once(socket, "connect");
  return socket;
}

/** Writes, and listens until `until` fits, the other side closes, or the time is over. */
export async function say(socket: Socket, text: string, options: { readonly until?: RegExp; readonly forMs?: number } = {}): Promise<Heard> {
  const { promise, resolve } = Promise.withResolvers<Heard>();
  let heard = "";
  const onData = (chunk: Buffer): void => {
    heard += chunk.toString("latin1");
    if (options.until?.test(heard)) resolve({ text: heard, isClosed: false });
  };
  const onClose = (): void => resolve({ text: heard, isClosed: true });
  socket.on("data", onData).on("end", onClose).on("close", onClose);
  const timer = setTimeout(() => resolve({ text: heard, isClosed: false }), options.forMs ?? 15_000);
  if (socket.destroyed) onClose();
  else socket.write(text, "latin1");
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    socket.off("data", onData).off("end", onClose).off("close", onClose);
  }
}

/** Opens a tunnel; the socket is past the 200. */
export async function openTunnel(rig: Rig, authority: string, headers = ""): Promise<Socket> {
  const socket = await dialProxy(rig);
  const { text } = await say(socket, `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${headers}\r\n`, { until: /\r\n\r\n/ });
  if (!text.startsWith("HTTP/1.1 200 ")) throw new Error(text);
  return socket;
}

const carriers = new WeakMap<Socket, Socket>();

/** Ends a connection with a TCP reset, also under TLS. */
export function reset(socket: Socket): void {
  (carriers.get(socket) ?? socket).resetAndDestroy();
  socket.destroy();
}

/** Opens a tunnel and speaks TLS in it, trusting the proxy's CA alone; with a server name of its own it looks at no name. */
export async function openTls(rig: Rig, authority: string, servername?: string): Promise<TLSSocket> {
  const socket = await openTunnel(rig, authority);
  const secure = connectTls({ socket, ca: rig.proxy.caCertificate, servername: servername ?? authority.replace(/:[0-9]+$/, ""),
    ...(servername === undefined ? {} : { checkServerIdentity: () => undefined }) });
  secure.on("error", () => {});
  carriers.set(secure, socket);
  await once(secure, "secureConnect");
  return secure;
}

/** One GET in a new TLS tunnel, closed after. */
export async function getOnce(rig: Rig, host: string, path = "/"): Promise<string> {
  const socket = await openTls(rig, `${host}:443`);
  try {
    return (await say(socket, `GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)).text;
  } finally {
    socket.destroy();
  }
}
