import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { checkLeaks } from "./testing/leaks.ts";
import { openTls } from "./testing/raw-client.ts";
import { allowed, type Rig, secret, startRig } from "./testing/rig.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";

checkLeaks();
const known = "known-secret-0123456789";
const heard: string[] = [];
let server: WebSocketServer;
let upstream: Upstream;
let rig: Rig;

beforeAll(async () => {
  server = new WebSocketServer({ noServer: true, perMessageDeflate: true });
  upstream = await startUpstream(allowed, (_request, response) => response.end(), (request, socket) => {
    server.handleUpgrade(request, socket, Buffer.alloc(0), (client) => {
      client.on("error", () => {}).on("message", (data: Buffer, isBinary) => {
        heard.push(data.toString("latin1"));
        client.send(data.toString() === "credential?" ? String(request.headers.authorization) : data, { binary: isBinary });
      });
    });
  });
  rig = await startRig(upstream, { secrets: [{ name: "KNOWN", value: known }] });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  server.close();
  await upstream[Symbol.asyncDispose]();
});

async function open(): Promise<WebSocket> {
  const socket = await openTls(rig, `${allowed}:443`);
  const client = new WebSocket(`wss://${allowed}/echo`, { createConnection: () => socket });
  client.on("error", () => {});
  await once(client, "open");
  return client;
}

async function echo(client: WebSocket, message: string | Buffer): Promise<Buffer> {
  const answer = once(client, "message");
  client.send(message);
  const [data] = await answer as [Buffer];
  return data;
}

test("messages of every size come back as they were sent, searched on the way, and pings too", async () => {
  const client = await open();
  for (const length of [0, 1, 125, 126, 65_535, 65_536, 1_000_000]) expect((await echo(client, "x".repeat(length))).length).toBe(length);
  const bytes = Buffer.from(Array.from({ length: 5_000 }, (_, index) => index * 7 & 255));
  expect((await echo(client, bytes)).equals(bytes)).toBe(true);
  const pong = once(client, "pong");
  client.ping("are you there");
  expect(String((await pong)[0])).toBe("are you there");
  const closed = once(client, "close");
  client.close(4_001, "done");
  expect((await closed)[0]).toBe(4_001);
}, 40_000);

test("two hundred messages sent at once come back in order", async () => {
  const client = await open();
  const answers: string[] = [];
  client.on("message", (data: Buffer) => void answers.push(data.toString()));
  const sent = Array.from({ length: 200 }, (_, index) => `message ${index}`);
  for (const message of sent) client.send(message);
  await expect.poll(() => answers).toEqual(sent);
  client.terminate();
});

test("a known secret cuts the connection before it leaves, whole or over fragments", async () => {
  for (const parts of [[known], [known.slice(0, 9), known.slice(9)]]) {
    const client = await open();
    const closed = once(client, "close");
    for (const [index, part] of parts.entries()) client.send(part, { fin: index === parts.length - 1 });
    await closed;
  }
  expect(heard.join("")).not.toContain(known);
  await expect.poll(() => rig.events.filter(({ reason }) => reason === "secret-found").length).toBe(2);
});

test("the credential goes to the upstream, and is hidden in what comes back", async () => {
  const client = await open();
  const answer = (await echo(client, "credential?")).toString();
  expect(answer).toBe(`Bearer ${"*".repeat(secret.length)}`);
  client.terminate();
});
