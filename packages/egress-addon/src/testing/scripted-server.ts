import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import type { Dial } from "../upstream/dial.ts";

/** A server on loopback that does with each connection what its test says, without TLS. */
export interface ScriptedServer extends AsyncDisposable {
  /** Dials it, whatever the origin. */
  readonly dial: Dial;
  /** What came over each connection, in the order of their opening; each byte a character. */
  readonly wires: readonly string[];
  /** Connections open now. */
  readonly sockets: ReadonlySet<Socket>;
}

/** Calls `onData` with the connection, what came over it so far, and its number from 0 on. */
export async function startScriptedServer(
  onData: (socket: Socket, wire: string, number: number) => void,
  onOpen?: (socket: Socket, number: number) => void,
): Promise<ScriptedServer> {
  const wires: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    const number = wires.push("") - 1;
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
    onOpen?.(socket, number);
    socket.on("data", (chunk: Buffer) => {
      wires[number] += chunk.toString("latin1");
      onData(socket, wires[number] ?? "", number);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    wires, sockets,
    async dial() {
      const socket = connect({ port, host: "127.0.0.1", noDelay: true });
      await once(socket, "connect");
      return socket;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
