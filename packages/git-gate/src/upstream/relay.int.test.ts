import { once } from "node:events";
import { type AddressInfo, connect as dial, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { UpstreamFailure } from "@bottle/way-out";
import { checkLeaks } from "../testing/leaks.ts";
import { type Door, type Relay, startRelay } from "./relay.ts";

checkLeaks();
const target = { host: "git.example.com", port: 22 };

/** An upstream that greets, and how often it was connected to. */
async function startGreeting(): Promise<AsyncDisposable & { readonly connect: () => Promise<Socket>; readonly connections: () => number }> {
  const sockets = new Set<Socket>();
  let connections = 0;
  const server = createServer((socket) => {
    connections += 1;
    sockets.add(socket.on("error", () => {}));
    socket.write("SSH-2.0-Test\r\n");
    socket.pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    connections: () => connections,
    async connect() {
      const socket = dial({ host: "127.0.0.1", port: (server.address() as AddressInfo).port });
      await once(socket, "connect");
      return socket;
    },
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
  };
}

const loginOf = ({ username, password }: Door): string => `proxy-authorization: Basic ${Buffer.from(`${username}:${password}`).toString("base64")}\r\n`;

/** Asks for a tunnel. @returns all that came, once a text did or the relay ended it */
async function ask(relay: Relay, head: string, until = "\0"): Promise<{ readonly text: string; readonly socket: Socket }> {
  const socket = dial({ host: "127.0.0.1", port: relay.port });
  socket.on("error", () => {});
  let text = "";
  const done = new Promise<void>((resolve) => {
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (text.includes(until)) resolve();
    }).once("close", () => resolve());
  });
  socket.write(head);
  await done;
  return { text, socket };
}

test("a door leads to its upstream both ways, and ends with it", async () => {
  await using upstream = await startGreeting();
  await using relay = await startRelay();
  const door = relay.open(target, upstream.connect);
  const { text, socket } = await ask(relay, `CONNECT git.example.com:22 HTTP/1.1\r\nhost: x\r\n${loginOf(door)}\r\nhello`, "hello");
  expect(text).toBe("HTTP/1.1 200 Connected\r\n\r\nSSH-2.0-Test\r\nhello");
  const closed = once(socket, "close");
  door.close();
  await closed;
});

test("without the login of a door, with another's, to another place or by another method, nothing is dialled", async () => {
  await using upstream = await startGreeting();
  await using relay = await startRelay();
  const [door, other] = [relay.open(target, upstream.connect), relay.open({ host: "other.example.com", port: 22 }, upstream.connect)];
  const closed = relay.open({ ...target, port: 443 }, upstream.connect);
  closed.close();
  const wrong = loginOf({ ...door, password: "0".repeat(64) });
  const first = async (line: string, login: string): Promise<string> => (await ask(relay, `${line} HTTP/1.1\r\nhost: x\r\n${login}\r\n`)).text.split("\r\n")[0] ?? "";
  const toOwn = "CONNECT git.example.com:22";
  expect(await Promise.all([
    first(toOwn, ""), first(toOwn, wrong), first("CONNECT git.example.com:443", loginOf(closed)),
    first(toOwn, loginOf(other)), first("CONNECT git.example.com:443", loginOf(door)), first("CONNECT 169.254.169.254:80", loginOf(door)), first("CONNECT nonsense", loginOf(door)),
    first("GET http://git.example.com:22/", loginOf(door)),
  ])).toEqual([...Array<string>(3).fill("HTTP/1.1 407 Proxy Authentication Required"), ...Array<string>(4).fill("HTTP/1.1 403 Forbidden"), "HTTP/1.1 405 Method Not Allowed"]);
  expect(upstream.connections()).toBe(0);
});

test("a freeze cuts what goes through, also what is being dialled, and lets nothing through until a thaw", async () => {
  await using upstream = await startGreeting();
  await using relay = await startRelay();
  const slow = Promise.withResolvers<void>();
  const door = relay.open(target, upstream.connect);
  const waiting = relay.open({ ...target, port: 2222 }, async () => {
    await slow.promise;
    return upstream.connect();
  });
  const head = (one: Door): string => `CONNECT ${one.authority} HTTP/1.1\r\nhost: x\r\n${loginOf(one)}\r\n`;
  const { socket } = await ask(relay, head(door), "SSH-");
  const dialling = ask(relay, head(waiting));
  const cut = once(socket, "close");
  await new Promise((resolve) => setTimeout(resolve, 50));
  relay.freeze();
  await cut;
  expect((await dialling).text).toBe("");
  slow.resolve();
  expect((await ask(relay, head(door))).text).toContain("503 Service Unavailable");
  relay.thaw();
  const again = await ask(relay, head(door), "SSH-");
  expect(again.text).toContain("SSH-2.0-Test");
  again.socket.destroy();
});

test("what is refused is told by a sentence that names no address", async () => {
  await using relay = await startRelay();
  const door = relay.open(target, () => Promise.reject(new UpstreamFailure("address-forbidden", new Error("10.0.0.5"))));
  expect(door.lastRefusal()).toBeUndefined();
  const { text } = await ask(relay, `CONNECT git.example.com:22 HTTP/1.1\r\nhost: x\r\n${loginOf(door)}\r\n`);
  expect(text).toMatch(/^HTTP\/1\.1 502 address-forbidden\r\n/);
  expect(door.lastRefusal()).toBe("git.example.com has an address that is not a public one, and nothing allows it for git.example.com:22. The operator allows it by allow_private (host, port and range), or by hosts (its address).");
  door.forgetRefusal();
  expect(door.lastRefusal()).toBeUndefined();
});
