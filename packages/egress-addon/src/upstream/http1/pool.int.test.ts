import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { checkLeaks } from "../../testing/leaks.ts";
import { recordAnswer, type RecordedAnswer } from "../../testing/recorded-answer.ts";
import { type ScriptedServer, startScriptedServer } from "../../testing/scripted-server.ts";
import type { UpstreamRequest } from "../pools.ts";
import { createPool, type Pool } from "./pool.ts";

checkLeaks();
const origin = { host: "a.test", port: 80, secure: false };
const get: UpstreamRequest = { origin, method: "GET", path: "/", headers: [], body: null, trailers: { announced: [], read: () => [] } };
const post = (text: string): UpstreamRequest => ({ ...get, method: "POST", headers: ["Content-Length", String(text.length)], body: Readable.from([Buffer.from(text)]) });
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";
const requestsIn = (wire: string): number => wire.split("\r\n\r\n").length - 1;

const poolOf = (server: ScriptedServer, answerTimeoutMs = 5_000): Pool => createPool({ origin, dial: server.dial, answerTimeoutMs });
function send(pool: Pool, request: UpstreamRequest = get): RecordedAnswer {
  const answer = recordAnswer();
  pool.send(request, answer);
  return answer;
}

test("one connection carries one request after another, and as many as there are requests at once", async () => {
  await using server = await startScriptedServer((socket) => void socket.write(ok));
  const pool = poolOf(server);
  for (let round = 0; round < 3; round += 1) expect(await send(pool).outcome).toBe("200 fine");
  expect(await send(pool, post("abc")).outcome).toBe("200 fine");
  expect(server.wires.map(requestsIn)).toEqual([4]);
  await Promise.all(Array.from({ length: 3 }, () => send(pool).outcome));
  expect(server.wires).toHaveLength(3);
  pool.cut();
});

test("what an upstream sends between two answers is nobody's answer", async () => {
  await using server = await startScriptedServer((socket, wire) => {
    socket.write(ok);
    if (wire.startsWith("GET /poison")) setTimeout(() => socket.write(ok.replace("fine", "evil")), 20);
  });
  const pool = poolOf(server);
  expect(await send(pool, { ...get, path: "/poison" }).outcome).toBe("200 fine");
  await sleep(80);
  expect(await send(pool).outcome).toBe("200 fine");
  expect(server.wires).toHaveLength(2);
  pool.cut();
});

test.each<[string, Partial<UpstreamRequest>, string, string]>([
  ["a second answer in the same segment", {}, `${ok}${ok.replace("fine", "evil")}`, "200 fine"],
  ["the content of a HEAD's answer", { method: "HEAD" }, ok, "200"],
  ["the content of a HEAD's answer, which says close", { method: "HEAD" }, ok.replace("Content-Length", "Connection: close\r\nContent-Length"), "200"],
  ["the content of a 304", {}, "HTTP/1.1 304 X\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil", "304"],
  ["chunks of a 204", {}, "HTTP/1.1 204 X\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "204"],
])("%s never reaches the next request", async (_, part, first, outcome) => {
  await using server = await startScriptedServer((socket, _wire, number) => void socket.write(number === 0 ? first : ok));
  const pool = poolOf(server);
  expect(await send(pool, { ...get, ...part }).outcome).toBe(outcome);
  expect(await send(pool).outcome).toBe("200 fine");
  expect(server.wires.map(requestsIn)).toEqual([1, 1]);
  pool.cut();
});

test("content that a HEAD's answer must not have, and that comes late, is nobody's answer", async () => {
  await using server = await startScriptedServer((socket, wire) => {
    socket.write(wire.startsWith("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 40\r\n\r\n" : ok);
    if (wire.startsWith("HEAD")) setTimeout(() => socket.write(ok.replace("fine", "evil")), 5);
  });
  const pool = poolOf(server);
  expect(await send(pool, { ...get, method: "HEAD" }).outcome).toBe("200");
  expect(await send(pool).outcome).toBe("200 fine");
  pool.cut();
});

test("an upstream that speaks before it is asked has not answered", async () => {
  await using server = await startScriptedServer(() => {}, (socket) => void socket.write(ok.replace("fine", "evil")));
  const dial = async (): ReturnType<ScriptedServer["dial"]> => {
    const socket = await server.dial(origin);
    await sleep(50);
    return socket;
  };
  const pool = createPool({ origin, dial, answerTimeoutMs: 1_000 });
  expect(await send(pool).outcome).toBe("upstream-broken");
  expect(server.wires).toEqual([""]);
  pool.cut();
});

// The second request of a connection finds it closed, by a FIN or by a reset.
const closesOnSecond = (how: "end" | "resetAndDestroy") => startScriptedServer((socket, wire, number) => {
  if (number === 0 && requestsIn(wire) > 1) socket[how]();
  else socket.write(ok);
});

test.each<["end" | "resetAndDestroy", string]>([["end", "GET"], ["resetAndDestroy", "GET"], ["end", "HEAD"], ["end", "OPTIONS"]])("a connection that was closed (%s) before a %s had an answer costs it nothing", async (how, method) => {
  await using server = await closesOnSecond(how);
  const pool = poolOf(server);
  await send(pool).outcome;
  const answer = send(pool, { ...get, method });
  await answer.outcome;
  expect(answer.told).toEqual(["begin", "begin", "start 200", "end"]);
  expect(server.wires.map(requestsIn)).toEqual([2, 1]);
  pool.cut();
});

test.each<[string, () => UpstreamRequest]>([
  ["a POST", () => post("abc")], ["a POST without content", () => ({ ...get, method: "POST" })], ["a PUT without content", () => ({ ...get, method: "PUT" })],
  ["a DELETE", () => ({ ...get, method: "DELETE" })], ["a GET with content", () => ({ ...post("abc"), method: "GET" })],
])("%s is never sent twice", async (_, request) => {
  await using server = await closesOnSecond("end");
  const pool = poolOf(server);
  await send(pool).outcome;
  expect(await send(pool, request()).outcome).toBe("upstream-broken");
  await sleep(50);
  expect(server.wires).toHaveLength(1);
  pool.cut();
});

test("a GET is sent once more and not a third time, and not at all on a first connection", async () => {
  await using server = await startScriptedServer((socket, wire, number) => void (number === 0 && requestsIn(wire) === 1 ? socket.write(ok) : socket.end()));
  const pool = poolOf(server);
  await send(pool).outcome;
  expect(await send(pool).outcome).toBe("upstream-broken");
  expect(await send(pool).outcome).toBe("upstream-broken");
  expect(server.wires.map(requestsIn)).toEqual([2, 1, 1]);
  pool.cut();
});

test("a GET that was answered by one byte is not sent again", async () => {
  await using server = await startScriptedServer((socket, wire) => void (requestsIn(wire) === 1 ? socket.write(ok) : socket.end("H")));
  const pool = poolOf(server);
  await send(pool).outcome;
  expect(await send(pool).outcome).toBe("upstream-broken");
  expect(server.wires).toHaveLength(1);
  pool.cut();
});

test("what is cut is not sent again, idle or under way", async () => {
  await using server = await startScriptedServer((socket, wire) => void (requestsIn(wire) === 1 && socket.write(ok)));
  const pool = poolOf(server);
  await send(pool).outcome;
  const answer = send(pool);
  await expect.poll(() => server.wires.map(requestsIn)).toEqual([2]);
  const closed = pool.closed();
  pool.cut();
  expect(await answer.outcome).toBe("upstream-broken");
  await closed;
  await sleep(50);
  expect(server.wires).toHaveLength(1);
  await expect.poll(() => server.sockets.size).toBe(0);
});

test("what is dialled when a cut comes is closed and sends nothing; what comes after it is served", async () => {
  await using server = await startScriptedServer((socket) => void socket.write(ok));
  const pool = poolOf(server);
  const answer = send(pool);
  pool.cut();
  expect(await answer.outcome).toBe("upstream-broken");
  expect(answer.told).toEqual(["fail upstream-broken"]);
  expect(await send(pool).outcome).toBe("200 fine");
  expect(server.wires.filter((wire) => wire !== "")).toHaveLength(1);
  pool.cut();
});

test("a retired pool ends what is under way, keeps nothing, and is empty then", async () => {
  await using server = await startScriptedServer((socket, wire) => {
    if (!wire.startsWith("GET /later")) socket.write(ok);
    else setTimeout(() => socket.write(ok), 100);
  });
  const pool = poolOf(server);
  await Promise.all([send(pool).outcome, send(pool).outcome]);
  const [later, dialled] = [send(pool, { ...get, path: "/later" }), send(pool)];
  const third = send(pool, { ...get, path: "/later" });
  let isEmpty = false;
  const emptied = pool.retire().then(() => void (isEmpty = true));
  expect(await dialled.outcome).toBe("200 fine");
  expect(isEmpty).toBe(false);
  expect([await later.outcome, await third.outcome]).toEqual(["200 fine", "200 fine"]);
  await emptied;
  await expect.poll(() => server.sockets.size).toBe(0);
});

test("an idle connection that the upstream closes is not used, also for a POST", async () => {
  await using server = await startScriptedServer((socket) => {
    socket.write(ok);
    setTimeout(() => socket.end(), 20);
  });
  const pool = poolOf(server);
  for (let round = 0; round < 2; round += 1) {
    expect(await send(pool, post("abc")).outcome).toBe("200 fine");
    await sleep(80);
  }
  expect(server.wires.map((wire) => wire.length > 0)).toEqual([true, true]);
  pool.cut();
});

test.each<[string, string, number]>([
  ["close", "Connection: close", 0], ["less than it takes to be sure", "Keep-Alive: timeout=2", 0], ["none at all", "Keep-Alive: timeout=0", 0], ["long enough", "Keep-Alive: timeout=60", 1],
])("a connection whose upstream says %s is kept: %s", async (_, field, kept) => {
  await using server = await startScriptedServer((socket) => void socket.write(ok.replace("\r\n", `\r\n${field}\r\n`)));
  const pool = poolOf(server);
  await send(pool).outcome;
  await expect.poll(() => server.sockets.size).toBe(kept);
  pool.cut();
});

test("an idle connection is closed before the upstream does", async () => {
  await using server = await startScriptedServer((socket) => void socket.write(ok.replace("\r\n", "\r\nKeep-Alive: timeout=4\r\n")));
  const pool = poolOf(server);
  await send(pool).outcome;
  await sleep(1_200);
  expect(server.sockets.size).toBe(1);
  await send(pool).outcome;
  await sleep(1_100);
  expect(server.sockets.size).toBe(1);
  await expect.poll(() => server.sockets.size).toBe(0);
  expect(server.wires).toHaveLength(1);
});

test("of a hundred connections that became idle, 64 are kept", async () => {
  await using server = await startScriptedServer((socket) => void socket.write(ok.replace("\r\n", "\r\nKeep-Alive: timeout=600\r\n")));
  const pool = poolOf(server);
  const outcomes = await Promise.all(Array.from({ length: 100 }, () => send(pool).outcome));
  expect(new Set(outcomes)).toEqual(new Set(["200 fine"]));
  await expect.poll(() => server.sockets.size).toBe(64);
  const closed = pool.closed();
  pool.cut();
  await closed;
});

test("a dial that fails, at once or later, fails its request and leaves its body unread", async () => {
  for (const dial of [() => Promise.reject(new Error("no")), () => sleep(10).then(() => Promise.reject(Object.assign(new Error("no"), { code: "ECONNREFUSED" })))]) {
    const pool = createPool({ origin, dial, answerTimeoutMs: 1_000 });
    const request = post("abc");
    expect(await send(pool, request).outcome).toMatch(/^upstream-(?:broken|unreachable)$/);
    expect(request.body?.destroyed).toBe(true);
    await pool.retire();
  }
});

test("a request whose client left while it was dialled sends nothing, and its body is let go", async () => {
  await using server = await startScriptedServer((socket) => void socket.write(ok));
  const pool = poolOf(server);
  const request = post("abc");
  const answer = recordAnswer({ begin: (control) => control?.abort() });
  pool.send(request, answer);
  await expect.poll(() => answer.told).toEqual(["begin"]);
  await expect.poll(() => server.sockets.size).toBe(0);
  expect(server.wires.join("")).toBe("");
  expect(request.body?.destroyed).toBe(true);
});

test("a thousand requests leave one connection, and no more listeners on it than one did", async () => {
  await using server = await startScriptedServer((socket) => void socket.write(ok));
  let socket: Awaited<ReturnType<ScriptedServer["dial"]>> | undefined;
  const pool = createPool({ origin, answerTimeoutMs: 1_000, dial: async () => (socket = await server.dial(origin)) });
  const count = (): number => (socket?.eventNames() ?? []).reduce((sum, name) => sum + (socket?.listenerCount(name) ?? 0), 0);
  await send(pool).outcome;
  const before = count();
  for (let round = 0; round < 1_000; round += 1) await send(pool, round % 2 === 0 ? get : post("abc")).outcome;
  expect(server.wires).toHaveLength(1);
  expect(count()).toBe(before);
  pool.cut();
});
