import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { Socket } from "node:net";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { dialProxy, getOnce, openTls, openTunnel, reset, say } from "./testing/raw-client.ts";
import { allowed, type Rig, startRig } from "./testing/rig.ts";
import { startRawUpstream, startUpstream, type Upstream } from "./testing/upstream.ts";

// Either side breaking off, at every byte. Vitest fails the run on any unhandled error.
checkLeaks();
let upstream: Upstream;
let rig: Rig;

beforeAll(async () => {
  upstream = await startUpstream(allowed, (request, response) => void request.on("error", () => {}).resume().once("end", () => response.end("alive")));
  rig = await startRig(upstream, { timeouts: { handshakeMs: 1_000 } });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});
afterEach(async () => {
  expect((await getOnce(rig, allowed)).endsWith("alive")).toBe(true);
  await expect.poll(() => rig.proxy.stats()).toMatchObject({ connections: 0, active: 0, frozen: false });
});

/** Does something for every number up to a length, several at a time. */
async function forEvery(length: number, run: (at: number) => Promise<void>): Promise<void> {
  await Promise.all(Array.from({ length: 8 }, async (_, lane) => {
    for (let at = lane; at < length; at += 8) await run(at);
  }));
}

/** Half of the clients end, a quarter go away, a quarter reset. */
async function leave(socket: Socket, at: number): Promise<void> {
  await sleep(at % 3);
  if (at % 4 === 3) return reset(socket);
  if (at % 4 > 0) socket.destroy();
  else {
    socket.end();
    await Promise.race([once(socket, "close").catch(() => {}), sleep(100)]);
    socket.destroy();
  }
}

test.each([
  ["an absolute request", () => dialProxy(rig),
    `POST http://${allowed}/ HTTP/1.1\r\nHost: ${allowed}\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: u\r\n\r\n`],
  ["a CONNECT", () => dialProxy(rig), `CONNECT ${allowed}:443 HTTP/1.1\r\nHost: ${allowed}:443\r\n\r\n`],
  ["a ClientHello", () => openTunnel(rig, `${allowed}:443`),
    `\x16\x03\x01\x00\x40\x01\x00\x00\x3c\x03\x03${"r".repeat(32)}\x00\x00\x02\x13\x01\x01\x00\x00\x11\x00\x2b\x00\x03\x02\x03\x04\x00\x0d\x00\x04\x00\x02\x08\x04`],
  ["a chunked request in TLS", () => openTls(rig, `${allowed}:443`),
    `POST / HTTP/1.1\r\nHost: ${allowed}\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nX-T: u\r\n\r\n`],
  ["a WebSocket and its frames", () => openTls(rig, `${allowed}:443`),
    `GET / HTTP/1.1\r\nHost: ${allowed}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n\x81\x85abcdHELLO`],
])("%s that is broken off at any byte is survived, and reaches the upstream whole or not at all", async (_, open, text) => {
  const before = upstream.requests.length;
  await forEvery(text.length, async (at) => {
    const socket = await open();
    socket.write(text.slice(0, at), "latin1");
    await leave(socket, at);
  });
  expect(upstream.requests.slice(before).filter(({ complete, method }) => complete && method === "POST")).toEqual([]);
}, 60_000);

test.each([
  ["a length", "HTTP/1.1 200 OK\r\nX-A: b\r\nContent-Length: 9\r\n\r\n123456789", /\r\n\r\n123456789$/],
  ["chunks and trailers", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n5\r\nabcde\r\n4;x=y\r\nfghi\r\n0\r\nX-T: u\r\n\r\n",
    /0\r\n(?:X-T: u\r\n)?\r\n$/],
  ["an early hint first", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", /\r\n\r\nok$/],
])("an answer with %s that is broken off at any byte is never taken for a whole one", async (_, answer, whole) => {
  const sent = new Map<string, number>();
  await using odd = await startRawUpstream(allowed, (socket) => socket.once("data", (head: Buffer) => {
    const at = Number(/\/(\d+) /.exec(head.toString("latin1"))?.[1]);
    sent.set(`/${at}`, at);
    socket.write(answer.slice(0, at), "latin1", () => at % 2 === 0 ? socket.end() : socket.destroy());
  }));
  await using other = await startRig(odd);
  const wrong: string[] = [];
  await forEvery(answer.length, async (at) => {
    const text = await getOnce(other, allowed, `/${at}`);
    const isRefused = /^HTTP\/1\.1 502 [^]*"upstream-(?:broken|unreachable)"/.test(text);
    if (!isRefused && whole.test(text)) wrong.push(`${at}: ${text}`);
  });
  expect(wrong).toEqual([]);
  expect(sent.size).toBe(answer.length);
  expect(await getOnce(other, allowed, `/${answer.length}`)).toMatch(/^HTTP\/1\.1 200 /);
  await expect.poll(() => other.proxy.stats()).toMatchObject({ connections: 0, active: 0 });
}, 60_000);

test.each<[string, (socket: Socket) => void]>([
  ["is connected to", (socket) => void socket.resetAndDestroy()],
  ["hears the first bytes of TLS", (socket) => void socket.once("data", () => socket.resetAndDestroy())],
  ["answers TLS with garbage", (socket) => void socket.once("data", () => socket.write(Buffer.alloc(64, 0xff)))],
  ["answers TLS with an alert and goes on", (socket) => void socket.once("data", () => socket.write(Buffer.from([21, 3, 3, 0, 2, 2, 40, 0x16, 3, 3, 0xff, 0xff])))],
  ["answers TLS with half a record", (socket) => void socket.once("data", () => socket.end(Buffer.from([22, 3, 3, 0, 90, 2])))],
  ["answers TLS with HTTP", (socket) => void socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))],
])("an upstream that breaks when it %s gives 502, to a request and to a WebSocket", async (_, onConnection) => {
  await using odd = await startRawUpstream(allowed, () => {});
  await using broken = await startPlain(onConnection);
  await using other = await startRig(odd, { hosts: { [allowed]: broken.address } });
  expect(await getOnce(other, allowed)).toMatch(/^HTTP\/1\.1 502 [^]*"upstream-(?:broken|untrusted|unreachable)"/);
  const socket = await openTls(other, `${allowed}:443`);
  const { text } = await say(socket,
    `GET / HTTP/1.1\r\nHost: ${allowed}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`, { until: /\}\n/ });
  expect(text).toMatch(/^HTTP\/1\.1 502 /);
  socket.destroy();
  await expect.poll(() => other.proxy.stats()).toMatchObject({ connections: 0, active: 0 });
});

async function startPlain(onConnection: (socket: Socket) => void): Promise<AsyncDisposable & { readonly address: string }> {
  const raw = await startRawUpstream(allowed, onConnection);
  return { address: raw.plainAddress, [Symbol.asyncDispose]: () => raw[Symbol.asyncDispose]() };
}

test("a client that closes only its sending side gets its answer, and then the connection ends", async () => {
  const socket = await openTls(rig, `${allowed}:443`);
  const heard = say(socket, `GET / HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, { until: /alive/ });
  socket.end();
  expect((await heard).text).toMatch(/^HTTP\/1\.1 200 [^]*alive|^$/);
  await expect.poll(() => rig.proxy.stats().connections).toBe(0);
  socket.destroy();
});

test.each([
  ["when their client leaves", ""],
  ["when a CONNECT comes after them", `CONNECT ${allowed}:443 HTTP/1.1\r\nHost: ${allowed}:443\r\n\r\n`],
  ["when a WebSocket comes after them", `GET / HTTP/1.1\r\nHost: ${allowed}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`],
])("requests that Node began before it was their turn are ended and recorded %s", async (_, last) => {
  await using hanging = await startUpstream(allowed, (request) => void request.on("error", () => {}));
  await using ahead = await startRig(hanging, { routes: [{ host: allowed, websocket: false }] });
  const socket = await openTls(ahead, `${allowed}:443`);
  socket.write(["/1", "/2", "/3"].map((path) => `GET ${path} HTTP/1.1\r\nHost: ${allowed}\r\nProxy-Connection: keep-alive\r\n\r\n`).join(""));
  await expect.poll(() => hanging.requests.length).toBe(3);
  if (last === "") reset(socket);
  else expect((await say(socket, last)).isClosed).toBe(true);
  await expect.poll(() => [ahead.proxy.stats().active, hanging.sockets.size]).toEqual([0, 0]);
  const told = ahead.events.map((event) => event.type === "request" ? `${event.path} ${event.reason}` : "");
  expect(told.filter((line) => line.endsWith(" cut")).toSorted()).toEqual(["/1 cut", "/2 cut", "/3 cut"]);
});

test("a client that goes away before its WebSocket's upstream answers closes it", async () => {
  const before = upstream.requests.length;
  const socket = await openTls(rig, `${allowed}:443`);
  socket.write(`GET / HTTP/1.1\r\nHost: ${allowed}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
  await expect.poll(() => upstream.requests.length).toBe(before + 1);
  const closed = once(upstream.requests.at(-1)?.socket ?? socket, "close");
  socket.destroy();
  await closed;
  await expect.poll(() => rig.proxy.stats()).toMatchObject({ connections: 0, active: 0 });
});

test.each(["ends", "goes away"])("a client that %s amid the refusal of its WebSocket is noticed, also when the upstream says nothing more", async (how) => {
  await using hanging = await startRawUpstream(allowed, (socket) => void socket.on("error", () => {}).once("data", () => socket.write("HTTP/1.1 500 X\r\n\r\npart")));
  await using refused = await startRig(hanging);
  const socket = await openTls(refused, `${allowed}:443`);
  await say(socket, `GET / HTTP/1.1\r\nHost: ${allowed}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`, { until: /500 X/ });
  if (how === "ends") socket.end();
  else reset(socket);
  await expect.poll(() => refused.proxy.stats()).toMatchObject({ connections: 0, active: 0 });
  expect(refused.events).toMatchObject([{ status: 500 }]);
  socket.destroy();
});
