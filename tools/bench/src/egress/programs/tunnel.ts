import { createServer, type IncomingMessage } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Duplex } from "node:stream";
import { readConfig, sayReady } from "./ready.ts";

// What any proxy in Node costs: CONNECT, then bytes both ways, unseen.
const { upstreamPort } = readConfig();
const server = createServer({ noDelay: true });
server.on("connect", (_request: IncomingMessage, client: Duplex) => {
  const upstream = connect({ host: "127.0.0.1", port: upstreamPort, noDelay: true }, () => client.write("HTTP/1.1 200 Connection Established\r\n\r\n"));
  client.pipe(upstream).pipe(client);
  client.on("error", () => upstream.destroy()).once("close", () => upstream.destroy());
  upstream.on("error", () => client.destroy()).once("close", () => client.destroy());
});
server.listen(0, "127.0.0.1", () => sayReady({ port: (server.address() as AddressInfo).port }));
