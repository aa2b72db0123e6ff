import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { createGuard } from "../guard/destination.ts";
import { readHop } from "../hop/read-hop.ts";
import { startConnectProxy } from "../testing/connect-proxy.ts";
import { createTrust } from "../trust.ts";
import { type Connect, createConnect } from "./connect.ts";

const allowPrivate = [{ host: "127.0.0.1", port: 1, cidr: "127.0.0.0/8" }];
const connectThrough = (port: number, hosts: Readonly<Record<string, string>> = {}): Connect => {
  const guard = createGuard({ hosts, allowPrivate, resolve: () => Promise.reject(new Error("nobody may ask")), ownAddresses: () => [], ownPorts: () => [] });
  const hop = readHop({ proxy: `http://127.0.0.1:${port}` }, { hosts, allowPrivate });
  return createConnect({ guard, via: { hop, trust: createTrust([]) }, timeoutMs: 5_000 });
};
const firstOf = async (socket: Socket): Promise<string> => {
  const [chunk] = await once(socket, "data") as [Buffer];
  socket.destroy();
  return chunk.toString();
};

test("an upstream that greets is heard from its first byte, also if that came with the proxy's answer; one that may not speak first is broken", async () => {
  const greeting = `SSH-2.0-Test ${"x".repeat(40_000)}\r\n`;
  await using proxy = await startConnectProxy((_authority, _head, socket) => void socket.write(`HTTP/1.1 200 OK\r\n\r\n${greeting}`));
  const connect = connectThrough(proxy.port);
  const target = { host: "git.example.com", port: 22 };
  const socket = await connect({ ...target, upstreamMaySpeakFirst: true });
  let text = "";
  for await (const chunk of socket) {
    text += String(chunk);
    if (text.length >= greeting.length) break;
  }
  expect(text).toBe(greeting);
  await expect(connect(target)).rejects.toMatchObject({ reason: "upstream-broken" });
});

test("a fixed host is dialled at its address and not through the proxy, which is never reached by name either", async () => {
  const server = createServer((socket) => void socket.on("error", () => {}).end("here")).listen(0, "127.0.0.1");
  await once(server, "listening");
  await using proxy = await startConnectProxy(() => undefined);
  try {
    const connect = connectThrough(proxy.port, { "git.lan": `127.0.0.1:${(server.address() as AddressInfo).port}`, "sly.lan": `127.0.0.1:${proxy.port}` });
    expect(await firstOf(await connect({ host: "git.lan", port: 22 }))).toBe("here");
    await expect(connect({ host: "sly.lan", port: 22 })).rejects.toMatchObject({ reason: "own-listener" });
    await expect(connect({ host: "10.0.0.1", port: 22 })).rejects.toMatchObject({ reason: "address-forbidden" });
    expect(proxy.heads).toEqual([]);
  } finally {
    server.close();
    await once(server, "close");
  }
});
