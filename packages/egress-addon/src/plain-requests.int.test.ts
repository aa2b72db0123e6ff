import { once } from "node:events";
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { openTls, reset, say } from "./testing/raw-client.ts";
import { allowed, type Rig, secret, startRig } from "./testing/rig.ts";
import { startRawUpstream, startUpstream, type Upstream } from "./testing/upstream.ts";

// What is plain is read by us, and what is not, with all after it, by Node: on one connection they meet.
checkLeaks();

const head = (method: string, path: string, ...fields: readonly string[]): string => `${method} ${path} HTTP/1.1\r\nHost: ${allowed}\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;
const get = (path: string, ...fields: readonly string[]): string => head("GET", path, ...fields);

async function echo(request: IncomingMessage, response: ServerResponse): Promise<void> {
  let content = "";
  for await (const chunk of request) content += String(chunk);
  const body = `${request.method} ${request.url} ${content}|`;
  response.writeHead(200, { "content-length": Buffer.byteLength(body) });
  response.end(body);
}

async function start(): Promise<{ readonly upstream: Upstream; readonly rig: Rig } & AsyncDisposable> {
  const upstream = await startUpstream(allowed, (request, response) => void echo(request, response).catch(() => {}));
  const rig = await startRig(upstream);
  return { upstream, rig, async [Symbol.asyncDispose]() {
    await rig[Symbol.asyncDispose]();
    await upstream[Symbol.asyncDispose]();
  } };
}

test("plain requests, one in chunks, one that waits for 100, and plain ones again are answered on one connection, in order and each with its credential", async () => {
  await using both = await start();
  const socket = await openTls(both.rig, `${allowed}:443`);
  expect((await say(socket, get("/1"), { until: /\|/ })).text).toContain("GET /1 |");
  expect((await say(socket, head("POST", "/2", "Content-Length: 3") + "abc", { until: /\|/ })).text).toContain("POST /2 abc|");
  expect((await say(socket, `${head("POST", "/3", "Transfer-Encoding: chunked")}3\r\nabc\r\n0\r\n\r\n`, { until: /\|/ })).text).toContain("POST /3 abc|");
  expect((await say(socket, head("POST", "/4", "Content-Length: 3", "Expect: 100-continue"), { until: /100 Continue\r\n\r\n/ })).text).toContain("100 Continue");
  expect((await say(socket, `abc${get("/5")}`, { until: /\|[^]*\|/ })).text).toMatch(/POST \/4 abc\|[^]*GET \/5 \|/);
  // Node may ask the upstream for what follows before the answer to what came first.
  expect(both.upstream.requests.map(({ url, headers }) => `${url} ${headers.authorization}`).toSorted()).toEqual(["/1", "/2", "/3", "/4", "/5"].map((url) => `${url} Bearer ${secret}`));
  socket.destroy();
});

test("five hundred requests that are sent without waiting for an answer are answered in order", async () => {
  await using both = await start();
  const socket = await openTls(both.rig, `${allowed}:443`);
  const count = 500;
  const all = Array.from({ length: count }, (_, index) => index % 7 === 0 ? `${head("POST", `/${index}`, "Content-Length: 2")}ab` : get(`/${index}`)).join("");
  const { text } = await say(socket, all, { until: new RegExp(`GET /${count - 1} \\|`), forMs: 60_000 });
  expect([...text.matchAll(/(?:GET|POST) \/([0-9]+) (?:ab)?\|/g)].map(([, index]) => Number(index))).toEqual(Array.from({ length: count }, (_, index) => index));
  socket.destroy();
}, 90_000);

test("a client that sends on and on without reading is not read on and on", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => void setTimeout(() => response.end("x".repeat(4_096)), 5));
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  socket.pause();
  const part = Buffer.from(get("/").repeat(500));
  let sentBytes = 0;
  for (let isTaken = true; isTaken && sentBytes < 64 * 1_048_576;) {
    isTaken = socket.write(part) || await Promise.race([once(socket, "drain").then(() => true), sleep(1_000).then(() => false)]);
    sentBytes += part.length;
  }
  expect(sentBytes).toBeLessThan(64 * 1_048_576);
  reset(socket);
});

test("an answer that comes before the whole request is passed on, the rest of the request is dropped, and the next one is served", async () => {
  await using upstream = await startRawUpstream(allowed, (socket) => void socket.on("error", () => {}).on("data", (chunk: Buffer) => {
    if (chunk.includes("HTTP/1.1\r\n")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nearly");
  }));
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  expect((await say(socket, `${head("POST", "/", "Content-Length: 300000")}abc`, { until: /early/ })).text).toContain("200 OK");
  const hidden = get("/hidden");
  const rest = hidden.repeat(Math.ceil(300_000 / hidden.length)).slice(0, 300_000 - 3);
  expect((await say(socket, rest + get("/next"), { until: /early/ })).text).toContain("200 OK");
  await sleep(100);
  expect(rig.events.map((event) => event.type === "request" ? event.path : "")).toEqual(["/", "/next"]);
  socket.destroy();
});

test("a refusal of a request with content is the last answer, and what follows is not served", async () => {
  await using both = await start();
  await using rig = await startRig(both.upstream, { routes: [{ host: allowed, methods: ["GET"] }] });
  const socket = await openTls(rig, `${allowed}:443`);
  const { text, isClosed } = await say(socket, `${head("POST", "/", "Content-Length: 3")}abc${get("/next")}`);
  expect([text.match(/HTTP\/1\.1 [0-9]+/g), /connection: close/i.test(text), isClosed]).toEqual([["HTTP/1.1 403"], true, true]);
  expect(both.upstream.requests).toHaveLength(0);
});

test("a client that leaves amid its content, or amid the answer, ends the request at the upstream", async () => {
  await using upstream = await startUpstream(allowed, (request, response) => {
    request.resume().on("error", () => {});
    if (request.method === "GET") response.write("part\n");
  });
  await using rig = await startRig(upstream);
  for (const [text, until] of [[`${head("POST", "/", "Content-Length: 10")}abc`, undefined], [get("/"), /part/]] as const) {
    const socket = await openTls(rig, `${allowed}:443`);
    if (until === undefined) {
      socket.write(text);
      await expect.poll(() => upstream.sockets.size).toBe(1);
    } else await say(socket, text, { until });
    reset(socket);
    await expect.poll(() => upstream.sockets.size).toBe(0);
  }
  await expect.poll(() => rig.events.length).toBe(2);
  expect(rig.events).toMatchObject([{ reason: "cut" }, { reason: "cut" }]);
});

test("a WebSocket can follow plain requests, and is refused by its own words where the route has none", async () => {
  await using both = await start();
  await using rig = await startRig(both.upstream, { routes: [{ host: allowed, websocket: false }] });
  const socket = await openTls(rig, `${allowed}:443`);
  expect((await say(socket, get("/1"), { until: /\|/ })).text).toContain("GET /1 |");
  const { text } = await say(socket, get("/2", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="));
  expect(text).toContain("websocket-not-allowed");
});

test("HTTP/1.1 that is wrong after plain requests is told so, and closed", async () => {
  await using both = await start();
  const socket = await openTls(both.rig, `${allowed}:443`);
  expect((await say(socket, get("/1"), { until: /\|/ })).text).toContain("GET /1 |");
  const { text, isClosed } = await say(socket, "GET / HTTP/1.1\r\nHost : x\r\n\r\n");
  expect([text.startsWith("HTTP/1.1 400"), text.includes("request-malformed"), isClosed]).toEqual([true, true, true]);
});
