import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { createServer, type TLSSocket } from "node:tls";
import type { Leaf } from "../authority/leaf.ts";

/** What an upstream says to the next request, whatever it is. */
export interface Script {
  readonly parts: readonly Buffer[];
  readonly ending: "end" | "reset" | "stay";
}

/** An upstream that answers by server name; one whose name begins with `h2-` speaks in frames. */
export interface ScriptedUpstream extends AsyncDisposable {
  readonly address: string;
  readonly scripts: Map<string, Script>;
  readonly sockets: ReadonlySet<Socket>;
}

/** TLS on loopback; every read is answered by the script of its server name. */
export async function startScriptedUpstream(leaf: Leaf): Promise<ScriptedUpstream> {
  const scripts = new Map<string, Script>();
  const sockets = new Set<Socket>();
  const server = createServer({
    cert: leaf.certificate, key: leaf.key,
    ALPNCallback: ({ servername, protocols }) => {
      const wanted = servername.startsWith("h2-") ? "h2" : "http/1.1";
      return protocols.includes(wanted) ? wanted : undefined;
    },
  }, (socket) => {
    socket.on("error", () => {}).on("data", () => act(socket, scripts.get(String(socket.servername))));
  });
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).once("close", () => sockets.delete(socket));
  }).on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`, scripts, sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function act(socket: TLSSocket & { servername?: string | false | null }, script: Script | undefined): void {
  if (script === undefined || socket.destroyed || !socket.writable) return;
  for (const part of script.parts) socket.write(part);
  if (script.ending === "end") socket.end();
  // Once what was written has had its time.
  if (script.ending === "reset") setImmediate(() => socket.destroy());
}
