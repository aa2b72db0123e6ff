import { once } from "node:events";
import { request as httpRequest } from "node:http";
import { connect, type Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { createAsking } from "../queue/ask.ts";
import { createRefusals } from "../queue/refusals.ts";
import { openQueueRig } from "../testing/queue-rig.ts";
import { startRig } from "../testing/rig.ts";
import { makeFolder, until } from "../testing/world.ts";
import { type Door, type DoorLimits, startDoor } from "./door.ts";
import { connectClient } from "./testing/client.ts";

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly session: string | undefined;
}

const accept = "application/json, text/event-stream";
const route = { host: "a.test", justification: "The tests need it." };

function send(url: string, body: string | Buffer, headers: Readonly<Record<string, string>> = {}, method = "POST", path = "/mcp"): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = httpRequest(new URL(url), { method, path, headers: { accept, "content-type": "application/json", ...headers }, timeout: 15_000 }, (response) => {
      let text = "";
      response.on("data", (chunk: Buffer) => void (text += chunk.toString()));
      // Whatever is asked, the answer tells nothing of where and how it came about.
      response.on("close", () => /\n\s+at |node_modules|\.ts\b|file:\/\/|\/tmp\//.test(text) ? reject(new Error(`Too much is told: ${text}`)) : resolve({ status: response.statusCode ?? 0, text, session: response.headers["mcp-session-id"] as string | undefined }));
    });
    sent.on("error", reject);
    sent.end(body);
  });
}

// `once` of node:events fails where the end is a reset.
async function closed(socket: Socket): Promise<void> {
  if (!socket.closed) await new Promise((resolve) => void socket.once("close", resolve));
}

/** Whether a client that begins anew is served; on a busy machine it may be one of the slow at first. */
async function isServed(url: string): Promise<boolean> {
  for (let round = 0; round < 10; round += 1) {
    const { status } = await send(url, hello).catch(() => ({ status: 0 }));
    if (status === 200) return true;
    await delay(100);
  }
  return false;
}

const rpc = (id: unknown, method: string, params: unknown = {}): string => JSON.stringify({ jsonrpc: "2.0", id, method, params });
const hello = rpc(0, "initialize", { protocolVersion: "2025-06-18", capabilities: {}, clientInfo: { name: "x", version: "1" } });

async function begin(url: string): Promise<Readonly<Record<string, string>>> {
  const { session = "" } = await send(url, hello);
  return { "mcp-session-id": session, "mcp-protocol-version": "2025-06-18" };
}

/** A door with a small world behind it. */
async function openDoor(limits: Partial<DoorLimits>): Promise<{ readonly door: Door; readonly url: string; readonly port: number } & AsyncDisposable> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await makeFolder());
  const { queue, decisions } = stack.use(await openQueueRig(folder.path));
  const refusals = stack.use(createRefusals({ record: () => undefined, alike: 1, windowMs: 1000 }));
  const desk = {
    queue, decisions, refusals, take: createAsking({ queue, refusals, judge: () => Promise.resolve(undefined), now: Date.now, limits: { asksPerMinute: 100 } }), say: () => undefined, heldPush: () => undefined,
    current: () => ({ generation: 1, routes: [] }), tools: { pipelock: false, push: false, capability: true as const },
    limits: { pending: 8, perHour: 60, asksPerMinute: 100, kept: 10, keptBytes: 1e6, waitMs: 3000, progressMs: 1000, lifeMs: 60_000, settleMs: 60_000, rejectionMs: 0 },
  };
  const door = stack.use(await startDoor({ listen: { host: "127.0.0.1", port: 0 }, desk, limits }));
  const port = "port" in door.address ? door.address.port : 0;
  const resources = stack.move();
  return { door, port, url: `http://127.0.0.1:${port}`, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

afterAll(async () => {
  await until(() => (process.getActiveResourcesInfo().some((name) => name === "TCPServerWrap") ? undefined : true));
});

test("a self-check finds the door by its plain 404, and a page that was rebound to it finds nothing", async () => {
  await using rig = await startRig();
  expect(await send(rig.url, "", {}, "GET", "/")).toMatchObject({ status: 404, text: "This is bottle's supervise: MCP is at /mcp\n" });
  expect(await send(rig.url, "", { host: "supervise:9100" }, "GET", "/")).toMatchObject({ status: 404 });
  expect((await send(rig.url, hello, { host: "evil.test" })).status).toBe(403);
  expect((await send(rig.url, hello, { origin: "http://evil.test" })).status).toBe(403);
  expect((await send(rig.url, "", {}, "GET")).status).toBe(405);
});

test("what is not one message of JSON-RPC is refused, and the next one is served", async () => {
  await using rig = await startRig();
  const headers = await begin(rig.url);
  for (const body of ["", "{", "[]", `[${rpc(1, "ping")},${rpc(2, "ping")}]`, "{}", "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"ping\"}", `{"a":${"[".repeat(100_000)}`, Buffer.from([0xff, 0xfe])]) {
    expect((await send(rig.url, body, headers)).status).toBe(400);
  }
  expect(await send(rig.url, "x".repeat(600_000), headers)).toMatchObject({ status: 413 });
  expect(await send(rig.url, hello, { "content-type": "text/plain" })).toMatchObject({ status: 415 });
  expect(await send(rig.url, rpc("x".repeat(300), "ping"), headers)).toMatchObject({ status: 400 });
  expect(await send(rig.url, rpc(1, "ping"), { ...headers, "mcp-protocol-version": "x" })).toMatchObject({ status: 400 });
  expect((await send(rig.url, rpc(1, "approve", { proposal: "x" }), headers)).text).toContain("Method not found");
  expect((await send(rig.url, rpc(1, "ping"), headers)).text).toContain("\"result\":{}");
});

test("calls that are none are refused by JSON-RPC, and tell nothing", async () => {
  await using rig = await startRig();
  const headers = await begin(rig.url);
  const params = [null, [], 1, {}, { name: 1 }, { name: "egress-block", arguments: "x" }, { name: "egress-block", arguments: [] }, { name: "__proto__" }, { name: "egress-block", arguments: route, task: { ttl: 1 } }, { name: "x".repeat(100_000) }, { name: "egress-block", arguments: route, _meta: { progressToken: {} } }];
  for (const [id, given] of params.entries()) {
    const { status, text } = await send(rig.url, rpc(id, "tools/call", given), headers);
    expect(status === 400 || text.includes("\"error\"")).toBe(true);
  }
  for (const method of ["tools/list", "resources/list", "resources/read", "initialize", "tasks/list", "logging/setLevel", "sampling/createMessage", "completion/complete", "__proto__", "constructor"]) await send(rig.url, rpc(method, method, { uri: {}, cursor: 1 }), headers);
  expect(rig.supervise.list()).toEqual([]);
  expect(rig.said).toEqual([]);
});

test("a body that grows beyond its bound while it comes is refused too", async () => {
  await using rig = await startRig();
  const { port } = new URL(rig.url);
  const socket = connect(Number(port), "127.0.0.1").on("error", () => undefined);
  socket.write(`POST /mcp HTTP/1.1\r\nhost: supervise\r\naccept: ${accept}\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n`);
  const heard: string[] = [];
  socket.on("data", (chunk: Buffer) => void heard.push(chunk.toString()));
  const chunk = `10000\r\n${" ".repeat(65_536)}\r\n`;
  for (let count = 0; count < 9; count += 1) socket.write(chunk);
  await closed(socket);
  expect(heard.join("")).toMatch(/^HTTP\/1\.1 413 /);
});

test("without a session, or with somebody's guess of one, nothing is asked", async () => {
  await using rig = await startRig();
  const call = rpc(1, "tools/call", { name: "egress-block", arguments: route });
  for (const headers of [{}, { "mcp-session-id": "x" }, { "mcp-session-id": "00000000-0000-4000-8000-000000000000" }]) {
    expect(await send(rig.url, call, headers)).toMatchObject({ status: 404, text: "There is no such MCP session here: begin anew with initialize.\n" });
    expect((await send(rig.url, "", headers, "DELETE")).status).toBe(404);
  }
  expect(rig.supervise.list()).toEqual([]);
  const headers = await begin(rig.url);
  expect((await send(rig.url, "", headers, "DELETE")).status).toBe(200);
  expect((await send(rig.url, call, headers)).status).toBe(404);
});

test("an id that is in use is refused, and request 0 can be cancelled like any other", async () => {
  await using rig = await startRig();
  const headers = await begin(rig.url);
  const call = send(rig.url, rpc(0, "tools/call", { name: "egress-block", arguments: route }), headers);
  await rig.pending();
  expect(await send(rig.url, rpc(0, "ping"), headers)).toMatchObject({ status: 400, text: "A request with this id is being answered.\n" });
  await send(rig.url, JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 0 } }), headers);
  expect((await call).text).not.toContain("\"result\"");
  await until(() => (rig.supervise.list()[0]?.state === "withdrawn" ? true : undefined));
});

test("somebody else's session cannot cancel a call", async () => {
  await using rig = await startRig();
  const [mine, others] = [await begin(rig.url), await begin(rig.url)];
  const call = send(rig.url, rpc(7, "tools/call", { name: "egress-block", arguments: route }), mine);
  const { id, hash } = await rig.pending();
  await send(rig.url, JSON.stringify({ jsonrpc: "2.0", method: "notifications/cancelled", params: { requestId: 7 } }), others);
  await rig.supervise.reject({ proposal: id, hash, by: "me" });
  expect((await call).text).toContain("\"state\":\"rejected\"");
});

test("so many requests of one client are answered at once, and a broken connection gives its place back", async () => {
  await using open = await openDoor({ calls: 2 });
  const headers = await begin(open.url);
  const sockets: Socket[] = [];
  for (const id of [1, 2]) {
    const body = rpc(id, "tools/call", { name: "egress-block", arguments: route });
    const socket = connect(open.port, "127.0.0.1");
    socket.write(`POST /mcp HTTP/1.1\r\nhost: supervise\r\naccept: ${accept}\r\ncontent-type: application/json\r\nmcp-session-id: ${headers["mcp-session-id"]}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
    await once(socket, "data");
    sockets.push(socket);
  }
  expect(await send(open.url, rpc(3, "ping"), headers)).toMatchObject({ status: 503 });
  for (const socket of sockets) socket.destroy();
  let status = 503;
  for (let round = 0; status === 503 && round < 50; round += 1) {
    await delay(50);
    ({ status } = await send(open.url, rpc(3, "ping"), headers));
  }
  expect(status).toBe(200);
});

test("sessions are bounded: the longest unused gives way, one that waits for an answer does not", async () => {
  await using open = await openDoor({ sessions: 3 });
  const waiting = await begin(open.url);
  const call = send(open.url, rpc(1, "tools/call", { name: "egress-block", arguments: route }), waiting);
  await delay(300);
  const first = await begin(open.url);
  for (let count = 0; count < 20; count += 1) await begin(open.url);
  expect((await send(open.url, rpc(1, "ping"), first)).status).toBe(404);
  expect((await call).text).toContain("\"state\":\"pending\"");
  await Promise.all(Array.from({ length: 30 }, () => begin(open.url)));
  expect((await send(open.url, rpc(1, "ping"), await begin(open.url))).status).toBe(200);
});

test("who says nothing, or a byte now and then, is sent away", async () => {
  await using open = await openDoor({ headMs: 300, requestMs: 400, idleMs: 300 });
  const silent = connect(open.port, "127.0.0.1").on("error", () => undefined);
  const slowHead = connect(open.port, "127.0.0.1").on("error", () => undefined);
  const slowBody = connect(open.port, "127.0.0.1").on("error", () => undefined);
  slowHead.write("POST /mcp HTTP/1.1\r\nhost: supervise\r\nx: ");
  slowBody.write(`POST /mcp HTTP/1.1\r\nhost: supervise\r\naccept: ${accept}\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{`);
  const dripping = setInterval(() => [slowHead, slowBody].forEach((socket) => socket.writable && socket.write(" ")), 50);
  for (const socket of [silent, slowHead, slowBody]) socket.resume();
  await Promise.all([silent, slowHead, slowBody].map(closed));
  clearInterval(dripping);
  expect(await isServed(open.url)).toBe(true);
});

test("connections are bounded, and those that are served stay served", async () => {
  await using open = await openDoor({ connections: 4, headMs: 500 });
  const sockets = Array.from({ length: 20 }, () => connect(open.port, "127.0.0.1").on("error", () => undefined).resume());
  await until(() => (sockets.filter((socket) => socket.closed).length >= 16 ? true : undefined));
  await Promise.all(sockets.map(closed));
  expect(await isServed(open.url)).toBe(true);
});

test("bytes that are no HTTP end their connection and nothing else", async () => {
  await using rig = await startRig();
  for (const bytes of ["\0\u0001\u0002", "GET\r\n\r\n", "POST /mcp HTTP/1.1\r\n\r\n", `GET / HTTP/1.1\r\nhost: supervise\r\nx: ${"y".repeat(40_000)}\r\n\r\n`, "POST /mcp HTTP/1.1\r\nhost: supervise\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n", "CONNECT a.test:443 HTTP/1.1\r\nhost: a.test\r\n\r\n", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"]) {
    const socket = connect(Number(new URL(rig.url).port), "127.0.0.1").on("error", () => undefined).resume();
    socket.write(bytes);
    await closed(socket);
  }
  expect((await send(rig.url, hello)).status).toBe(200);
});

test("when supervise ends, calls that wait end, and what they asked waits for the next start", async () => {
  await using folder = await makeFolder();
  const rig = await startRig({ directory: folder.path });
  const inside = await connectClient(rig.url);
  const call = inside.ask("egress-block", route).catch(() => "over");
  const { id } = await rig.pending();
  await rig[Symbol.asyncDispose]();
  await inside.transport.close();
  expect(await call).toBe("over");
  await using again = await startRig({ directory: folder.path });
  expect(again.supervise.list()).toMatchObject([{ id, state: "pending" }]);
});
