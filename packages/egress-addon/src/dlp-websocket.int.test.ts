import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeEach, expect, test } from "vitest";
import type { EgressOptions } from "./options.ts";
import type { EgressRoute } from "./policy/model.ts";
import { clientFrame } from "./testing/client-frame.ts";
import { checkLeaks } from "./testing/leaks.ts";
import { openTls, reset, say } from "./testing/raw-client.ts";
import { allowed, type Rig, secret } from "./testing/rig.ts";
import { canary, listed, outcome, shaped, startScanned } from "./testing/scanned.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";

checkLeaks();
const upgrade = (path = "/ws", extra = ""): string =>
  `GET ${path} HTTP/1.1\r\nHost: ${allowed}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n${extra}\r\n`;
const token = "placeholder-7hT2mQ9xWv4Lr8Zd";

let upstream: Upstream;
let arrived: Buffer[] = [];
let wires: Socket[] = [];
beforeEach(async () => {
  await upstream?.[Symbol.asyncDispose]();
  arrived = [];
  wires = [];
  upstream = await startUpstream(allowed, (_request, response) => response.end(), (_request, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    wires.push(socket);
    socket.on("data", (chunk: Buffer) => arrived.push(chunk)).on("error", () => {});
  });
});
afterAll(() => upstream[Symbol.asyncDispose]());
const bytes = (): Buffer => Buffer.concat(arrived);

async function open(rig: Rig): Promise<Socket> {
  const socket = await openTls(rig, `${allowed}:443`);
  const { text } = await say(socket, upgrade(), { until: /\r\n\r\n/ });
  if (!text.startsWith("HTTP/1.1 101 ")) throw new Error(text);
  return socket;
}

/** Waits until the proxy has closed the socket and its upstream's. */
async function expectCut(rig: Rig, socket: Socket): Promise<void> {
  expect((await say(socket, "", { forMs: 5_000 })).isClosed).toBe(true);
  socket.destroy();
  await expect.poll(() => [upstream.sockets.size, rig.proxy.stats().active]).toEqual([0, 0]);
}

test.each<[string, Buffer[]]>([
  ["in a message", [clientFrame(`see ${listed}`)]],
  ["in a binary message", [clientFrame(Buffer.from(listed), { opcode: 2 })]],
  ["in JSON and base64", [clientFrame(JSON.stringify({ a: Buffer.from(`x${listed}`).toString("base64") }))]],
  ["in a ping", [clientFrame(listed, { opcode: 9 })]],
  ["in a close", [clientFrame(Buffer.concat([Buffer.from([3, 232]), Buffer.from(listed)]), { opcode: 8 })]],
  ["cut over frames", [clientFrame(listed.slice(0, 9), { isLast: false }), clientFrame(listed.slice(9), { opcode: 0 })]],
  ["cut over messages", [clientFrame(listed.slice(0, 9)), clientFrame(listed.slice(9))]],
  ["of a shape", [clientFrame(shaped)]],
  ["of a shape, cut over frames", [clientFrame(shaped.slice(0, 9), { isLast: false }), clientFrame(shaped.slice(9), { opcode: 0 })]],
])("a secret %s cuts the WebSocket on both sides, and its frame does not leave", async (_, frames) => {
  await using rig = await startScanned(upstream);
  const socket = await open(rig);
  for (const frame of [clientFrame("hello"), ...frames]) {
    socket.write(frame);
    await sleep(30);
  }
  await expectCut(rig, socket);
  expect(bytes().equals(Buffer.concat([clientFrame("hello"), ...frames.slice(0, -1)]))).toBe(true);
  expect(rig.events.at(-1)).toMatchObject({ decision: "deny", layer: "dlp", reason: "secret-found", status: 101, findings: [{ where: expect.stringMatching(/^message/) as unknown }] });
  expect(JSON.stringify(rig.events)).not.toMatch(new RegExp(`${listed}|${shaped}`));
});

test("a value cut over a request and a message is found with its last piece", async () => {
  await using rig = await startScanned(upstream);
  const socket = await open(rig);
  socket.write(clientFrame(listed.slice(0, 9)));
  await expect.poll(() => bytes().length).toBeGreaterThan(0);
  const other = await openTls(rig, `${allowed}:443`);
  const { text } = await say(other, `POST / HTTP/1.1\r\nHost: ${allowed}\r\nContent-Length: ${listed.length - 9}\r\n\r\n${listed.slice(9)}`, { until: /\}\n$|fine/ });
  expect(outcome(text)).toBe("403 secret-found");
  for (const one of [socket, other]) one.destroy();
});

test("where the route warns both directions go on after a finding, and a canary or credential is refused even so", async () => {
  await using rig = await startScanned(upstream, { dlp: "warn", auth: { scheme: "bearer", tokenRef: "TOKEN" } });
  const socket = await open(rig);
  const frames = [clientFrame(listed), clientFrame(shaped), clientFrame("on")];
  for (const frame of frames) socket.write(frame);
  await expect.poll(() => bytes().equals(Buffer.concat(frames))).toBe(true);
  const heard = say(socket, "", { until: /back$/ });
  wires[0]?.write("\x81\x04back", "latin1");
  expect((await heard).text).toBe("\x81\x04back");
  for (const value of [canary, secret]) {
    const one = await open(rig);
    one.write(clientFrame(value));
    expect((await say(one, "", { forMs: 5_000 })).isClosed).toBe(true);
    one.destroy();
    expect(bytes().includes(clientFrame(value))).toBe(false);
  }
  socket.destroy();
  await expect.poll(() => rig.events.filter(({ alarm }) => alarm).length).toBe(2);
  await expect.poll(() => rig.events.find(({ decision }) => decision === "allow")?.findings?.length).toBe(2);
});

test("where the route says off, messages pass unread", async () => {
  await using rig = await startScanned(upstream, { dlp: "off" });
  const socket = await open(rig);
  socket.write(clientFrame(listed));
  await expect.poll(() => bytes().equals(clientFrame(listed))).toBe(true);
  socket.destroy();
});

test("each frame passes without waiting for more: pieces, pings, pongs, a close", async () => {
  await using rig = await startScanned(upstream);
  const socket = await open(rig);
  let all = Buffer.alloc(0);
  for (const frame of [clientFrame("a"), clientFrame("no line", { isLast: false }), clientFrame("", { opcode: 9 }), clientFrame("more", { opcode: 0 }), clientFrame("x", { opcode: 10 }),
    clientFrame("y".repeat(70_000), { opcode: 2 }), clientFrame(Buffer.from([3, 232]), { opcode: 8 })]) {
    all = Buffer.concat([all, frame]);
    socket.write(frame);
    await expect.poll(() => bytes().equals(all), { timeout: 1_000 }).toBe(true);
  }
  socket.destroy();
});

test.each<[string, string]>([
  ["is not masked", "\x81\x05HELLO"], ["has an extension's bits", "\xc1\x85maskHELLO"], ["has an unknown opcode", "\x83\x85maskHELLO"], ["goes on with nothing", "\x80\x85maskHELLO"],
])("a frame that %s closes the connection, and does not leave", async (_, frame) => {
  await using rig = await startScanned(upstream);
  const socket = await open(rig);
  socket.write(frame, "latin1");
  await expectCut(rig, socket);
  expect(bytes().length).toBe(0);
  expect(rig.events.at(-1)).toMatchObject({ decision: "deny", reason: "request-malformed" });
});

test("a frame that says to be endless is refused before its payload comes", async () => {
  await using rig = await startScanned(upstream);
  const socket = await open(rig);
  socket.write(Buffer.concat([Buffer.from([0x82, 0xff, 0, 0, 0, 16, 0, 0, 0, 0]), Buffer.from("mask")]));
  await expectCut(rig, socket);
  expect(rig.events.at(-1)).toMatchObject({ decision: "deny", reason: "unscannable", findings: [{ rule: "too-large", where: "message" }] });
});

test("a frame over the largest size passes where the route warns, at the upstream's pace, and the event says so", async () => {
  await using rig = await startScanned(upstream, { dlp: "warn" });
  const socket = await open(rig);
  const frame = clientFrame(Buffer.alloc(5 * 1024 * 1024, "z"), { opcode: 2 });
  socket.write(frame);
  socket.write(clientFrame("after"));
  await expect.poll(() => bytes().length, { timeout: 10_000 }).toBe(frame.length + clientFrame("after").length);
  socket.destroy();
  await expect.poll(() => rig.events.at(-1)).toMatchObject({ decision: "allow", findings: [{ rule: "too-large" }] });
});

test("a frame that a client breaks off leaves nothing behind", async () => {
  await using rig = await startScanned(upstream);
  for (let round = 0; round < 20; round += 1) {
    const socket = await open(rig);
    socket.write(clientFrame("x".repeat(100_000)).subarray(0, 1 + round * 5_000));
    await sleep(5);
    reset(socket);
  }
  await expect.poll(() => [upstream.sockets.size, rig.proxy.stats().active]).toEqual([0, 0]);
  expect(bytes().length).toBe(0);
});

const withToken = (route: Partial<EgressRoute>): [Partial<EgressRoute>, Partial<EgressOptions>] => [route, { placeholders: { TOKEN: token } }];

test("a client that closes after its upstream did leaves nothing under way", async () => {
  await using rig = await startScanned(upstream);
  const socket = await open(rig);
  wires[0]?.destroy();
  expect((await say(socket, clientFrame("late").toString("latin1"), { forMs: 3_000 })).isClosed).toBe(true);
  socket.destroy();
  await expect.poll(() => rig.proxy.stats().active).toBe(0);
});

test("a placeholder in a message cuts the WebSocket and is an alarm, on its own route and others, whatever they say of secrets", async () => {
  for (const route of [{ dlp: "off" }, {}, { auth: { scheme: "placeholder", tokenRef: "TOKEN" } }] satisfies Partial<EgressRoute>[]) {
    await using rig = await startScanned(upstream, ...withToken(route));
    const socket = await open(rig);
    socket.write(clientFrame(`{"key":"${token}"}`));
    await expectCut(rig, socket);
    expect(rig.events.at(-1)).toMatchObject({ decision: "deny", reason: "placeholder-misused", alarm: true });
  }
  expect(bytes().length).toBe(0);
});

test("the upgrade's own head is scanned", async () => {
  await using rig = await startScanned(upstream);
  for (const request of [upgrade(`/ws?q=${listed}`), upgrade("/ws", `Sec-WebSocket-Protocol: ${listed}\r\n`)]) {
    const socket = await openTls(rig, `${allowed}:443`);
    const { text, isClosed } = await say(socket, request);
    expect([outcome(text), isClosed]).toEqual(["403 secret-found", true]);
    socket.destroy();
  }
  expect(upstream.requests).toEqual([]);
});
