import { PassThrough, Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { checkLeaks } from "../../testing/leaks.ts";
import { recordAnswer, type RecordedAnswer } from "../../testing/recorded-answer.ts";
import { type ScriptedServer, startScriptedServer } from "../../testing/scripted-server.ts";
import type { UpstreamRequest } from "../pools.ts";
import { Connection } from "./connection.ts";

checkLeaks();
const origin = { host: "a.test", port: 80, secure: false };
const get: UpstreamRequest = { origin, method: "GET", path: "/", headers: [], body: null, trailers: { announced: [], read: () => [] } };
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";

interface Opened {
  readonly connection: Connection;
  readonly closed: Promise<void>;
  /** How often it became idle. */
  readonly rests: () => number;
  send(request: UpstreamRequest, answer?: RecordedAnswer): RecordedAnswer;
}

async function open(server: ScriptedServer, answerTimeoutMs = 5_000): Promise<Opened> {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  let rests = 0;
  const connection = new Connection(await server.dial(origin), {
    answerTimeoutMs, onIdle: () => void (rests += 1), onClose: () => resolve(), onStale: () => { throw new Error("It is not stale."); },
  });
  return {
    connection, closed, rests: () => rests,
    send(request, answer = recordAnswer()) {
      connection.send(request, answer);
      return answer;
    },
  };
}

const post = (body: Readable, headers: readonly string[] = []): UpstreamRequest => ({ ...get, method: "POST", headers: [...headers], body });
// Answers once the whole of it is there.
const answersWhen = (isWhole: (wire: string) => boolean) => startScriptedServer((socket, wire) => void (isWhole(wire) && socket.write(ok)));

test("content with a length goes as it is, without one in chunks, and the head with its first bytes", async () => {
  await using server = await answersWhen((wire) => /\r\n\r\nabcdef$|\r\n0\r\n\r\n$/.test(wire));
  const { connection, send, rests } = await open(server);
  const fixed = send(post(Readable.from([Buffer.from("abc"), Buffer.from("def")]), ["Content-Length", "6"]));
  expect(await fixed.outcome).toBe("200 fine");
  expect(await send(post(Readable.from([Buffer.from("abc"), Buffer.alloc(0), Buffer.from("x".repeat(20))]))).outcome).toBe("200 fine");
  expect(fixed.sentBytes).toBe(6);
  expect(server.wires).toEqual([[
    "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 6\r\n\r\nabcdef",
    `POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n14\r\n${"x".repeat(20)}\r\n0\r\n\r\n`,
  ].join("")]);
  expect(rests()).toBe(2);
  connection.destroy();
});

test("trailers follow the last chunk, without those that would end it early", async () => {
  await using server = await answersWhen((wire) => wire.endsWith("\r\n\r\n") && wire.includes("\r\n0\r\n"));
  const { connection, send } = await open(server);
  const read = (): readonly string[] => ["X-T", "a\xe9", "X-U", "b\r\n\r\nGET /admin HTTP/1.1\r\nHost: a.test", "X V", "c", "X-W\r\nX-X", "d", "X-Y", "\0", "X-Z", ""];
  expect(await send({ ...post(Readable.from([Buffer.from("abc")])), trailers: { announced: ["X-T"], read } }).outcome).toBe("200 fine");
  expect(server.wires).toEqual(["POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n3\r\nabc\r\n0\r\nX-T: a\xe9\r\nX-Z: \r\n\r\n"]);
  connection.destroy();
});

test.each<[string, () => UpstreamRequest]>([
  ["is shorter than it said", () => post(Readable.from([Buffer.from("abc")]), ["Content-Length", "4"])],
  ["is longer than it said", () => post(Readable.from([Buffer.from("abc"), Buffer.from("GET /admin HTTP/1.1\r\n")]), ["Content-Length", "3"])],
  ["is longer than nothing", () => post(Readable.from([Buffer.from("abc")]), ["Content-Length", "0"])],
  ["breaks off", () => post(Readable.from((function* broken() {
    yield Buffer.from("abc");
    throw new Error("gone");
  })()))],
  ["was let go before it was sent", () => post(new PassThrough().destroy())],
  ["has trailers that cannot be told", () => ({ ...post(Readable.from([Buffer.from("abc")])), trailers: { announced: ["X-T"], read: () => { throw new Error("no"); } } })],
])("a body that %s closes the connection, and the upstream never has the request whole", async (_, request) => {
  await using server = await answersWhen(() => false);
  const { closed, send } = await open(server);
  expect(await send(request()).outcome).toBe("upstream-broken");
  await closed;
  await expect.poll(() => server.sockets.size).toBe(0);
  expect(server.wires.join("")).not.toMatch(/admin|\r\n0\r\n(?:.*\r\n)?\r\n/);
});

test("a request that cannot be written closes the connection without a byte", async () => {
  await using server = await answersWhen(() => true);
  const { closed, send } = await open(server);
  const request = post(new PassThrough(), ["X-A", "b\r\nX-B: c"]);
  expect(await send(request).outcome).toBe("upstream-broken");
  await closed;
  expect(server.wires.join("")).toBe("");
  expect(request.body?.destroyed).toBe(true);
});

test("an answer while the body is on its way arrives, and nothing more of either goes over that connection", async () => {
  await using server = await startScriptedServer((socket, wire) => void (wire.includes("abc") && socket.write(ok)));
  const { closed, rests, send } = await open(server);
  const body = new PassThrough();
  body.write("abc");
  expect(await send(post(body)).outcome).toBe("200 fine");
  await closed;
  expect(rests()).toBe(0);
  expect(body.destroyed).toBe(true);
});

test("an answer that begins while the body is on its way goes on with it", async () => {
  await using server = await startScriptedServer((socket, wire) => {
    if (wire.endsWith("one\r\n")) socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\none\r\n");
    if (wire.endsWith("two\r\n")) socket.write("3\r\ntwo\r\n");
    if (wire.endsWith("\r\n0\r\n\r\n")) socket.write("0\r\n\r\n");
  });
  const { connection, rests, send } = await open(server);
  const body = new PassThrough();
  const answer = send(post(body));
  body.write("one");
  await expect.poll(() => answer.content).toBe("one");
  body.write("two");
  await expect.poll(() => answer.content).toBe("onetwo");
  body.end();
  expect(await answer.outcome).toBe("200 onetwo");
  expect(rests()).toBe(1);
  connection.destroy();
});

test("a body waits for an upstream that does not read", async () => {
  await using server = await startScriptedServer(() => {}, (socket) => void socket.pause());
  const { connection, send, closed } = await open(server);
  let madeBytes = 0;
  const body = new Readable({ read() {
    madeBytes += 65_536;
    this.push(Buffer.alloc(65_536));
  } });
  const answer = send(post(body));
  await sleep(300);
  expect(madeBytes).toBeLessThan(64 * 1_048_576);
  connection.destroy();
  expect(await answer.outcome).toBe("upstream-broken");
  await closed;
  expect(body.destroyed).toBe(true);
});

test("an upstream waits for a client that does not read, and its connection can be used afterwards", async () => {
  let sentBytes = 0;
  const size = 64 * 1_048_576;
  await using server = await startScriptedServer((socket, wire) => {
    if (wire.includes("second")) return void socket.write(ok);
    socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
    const write = (): void => {
      for (let isFree = true; isFree && sentBytes < size; sentBytes += 65_536) isFree = socket.write(Buffer.alloc(65_536));
    };
    socket.on("drain", write);
    write();
  });
  const { connection, send } = await open(server);
  let heardBytes = 0;
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  const answer = { ...recordAnswer(), begin: (control: { pause(): void; resume(): void }) => void (steering = control), data: (chunk: Buffer) => {
    if (heardBytes === 0) steering?.pause();
    heardBytes += chunk.length;
  }, end: () => resolve() };
  let steering: { pause(): void; resume(): void } | undefined;
  connection.send(get, answer);
  await sleep(300);
  expect(sentBytes).toBeLessThan(32 * 1_048_576);
  expect(heardBytes).toBeLessThan(1_048_576);
  steering?.resume();
  await ended;
  expect(heardBytes).toBe(size);
  expect(await send({ ...get, path: "/second" }).outcome).toBe("200 fine");
  // What steered an answer that is over steers nothing any more.
  steering?.pause();
  expect(await send({ ...get, path: "/second" }).outcome).toBe("200 fine");
  connection.destroy();
});

test.each<[string, string]>([
  ["nothing", ""], ["half a head", "HTTP/1.1 200 OK\r\n"], ["informational answers alone", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 X\r\n\r\n"],
])("an upstream that says %s is given up in time", async (_, said) => {
  await using server = await startScriptedServer((socket) => void socket.write(said));
  const { closed, send } = await open(server, 150);
  expect(await send(get).outcome).toBe("upstream-timeout");
  await closed;
});

test("a head that comes byte by byte does not put the end of the wait off", async () => {
  const timers = new Set<NodeJS.Timeout>();
  await using server = await startScriptedServer((socket) => {
    socket.write("HTTP/1.1 200 OK\r\nX-A: ");
    timers.add(setInterval(() => void socket.write("x"), 20));
  });
  const { closed, send } = await open(server, 300);
  expect(await send(get).outcome).toBe("upstream-timeout");
  await closed;
  for (const timer of timers) clearInterval(timer);
});

test("after its head an answer may take its time", async () => {
  await using server = await startScriptedServer((socket) => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n");
    setTimeout(() => socket.write("fine"), 400);
  });
  const { connection, send } = await open(server, 150);
  expect(await send(get).outcome).toBe("200 fine");
  connection.destroy();
});

test.each(["begin", "start", "data"] as const)("a client that leaves at %s is told nothing more, and the connection is closed", async (moment) => {
  await using server = await startScriptedServer((socket) => void socket.write(`${ok.replace("4", "8")}${moment === "data" ? "" : "more"}`));
  const { closed, rests, send } = await open(server);
  const request = post(Readable.from([Buffer.from("abc")]), ["Content-Length", "3"]);
  const answer = send(request, recordAnswer({ [moment]: (control: { abort(): void } | undefined) => {
    control?.abort();
    control?.abort();
  } }));
  await closed;
  expect(answer.told).toEqual(["begin", "start 200"].slice(0, moment === "begin" ? 1 : 2));
  expect(rests()).toBe(0);
  expect(request.body?.destroyed).toBe(true);
});

test("a client that leaves at any moment of an upload or an answer leaves no connection, and nothing is told after it", async () => {
  await using server = await startScriptedServer((socket, wire) => {
    if (wire.endsWith("\r\n\r\n")) for (const [at, part] of ok.split("").entries()) setTimeout(() => socket.writable && socket.write(part), at);
  });
  await Promise.all(Array.from({ length: 40 }, async (_, at) => {
    const { connection, closed, send } = await open(server);
    const body = Readable.from((async function* slow() {
      for (let left = 10; left > 0; left -= 1) {
        yield Buffer.from("abc");
        await sleep(1);
      }
    })());
    const answer = send(post(body));
    await sleep(at * 3);
    const toldBefore = [...answer.told];
    answer.control?.abort();
    await sleep(50);
    expect(answer.told).toEqual(toldBefore);
    connection.destroy();
    await closed;
    expect(body.destroyed).toBe(true);
  }));
});

test.each<[string, string, string]>([
  ["in half of its content", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nfine", "upstream-broken"],
  ["between chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n", "upstream-broken"],
  ["where that is its end", "HTTP/1.1 200 OK\r\n\r\nfine", "200 fine"],
])("an answer whose connection ends %s: %s → %s", async (_, text, outcome) => {
  await using server = await startScriptedServer((socket) => void socket.end(text));
  const { closed, send } = await open(server);
  expect(await send(get).outcome).toBe(outcome);
  await closed;
});

test("an answer without a length whose connection is reset is not whole", async () => {
  await using server = await startScriptedServer((socket) => {
    socket.write("HTTP/1.1 200 OK\r\n\r\nfine");
    setTimeout(() => socket.resetAndDestroy(), 50);
  });
  const { closed, send } = await open(server);
  const answer = send(get);
  expect(await answer.outcome).toBe("upstream-broken");
  expect(answer.told).toEqual(["begin", "start 200", "fail upstream-broken"]);
  await closed;
});

test("trailers of an answer are told at its end", async () => {
  await using server = await startScriptedServer((socket) => void socket.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nfine\r\n0\r\nX-T: a\r\n\r\n"));
  const { connection, send } = await open(server);
  expect(await send(get).outcome).toBe("200 fine X-T a");
  connection.destroy();
});

test("a retired connection answers what is under way, and is closed then", async () => {
  await using server = await startScriptedServer((socket) => void setTimeout(() => socket.write(ok), 50));
  const { connection, closed, rests, send } = await open(server);
  const answer = send(get);
  connection.retire();
  expect(connection.isOpen).toBe(false);
  expect(await answer.outcome).toBe("200 fine");
  await closed;
  expect(rests()).toBe(0);
});
