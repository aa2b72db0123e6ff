import { Duplex } from "node:stream";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ClientResponse } from "../../exchange/client.ts";
import { PlainConnection } from "./connection.ts";

const headMs = 1_000;
const idleMs = 5_000;
const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: a.test\r\n\r\n`;

interface Served {
  readonly wire: Duplex;
  /** What came of it: each request, the end of each answer, what the connection told, and what was handed over. */
  readonly told: readonly string[];
  /** The last answer; it is given by the test. */
  readonly response: () => ClientResponse;
  /** Lets the client read what was written. */
  readonly read: () => void;
  say(text: string): Promise<void>;
}

beforeEach(() => void vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] }));
afterEach(() => void vi.useRealTimers());

const turn = (): Promise<void> => new Promise((resolve) => void setImmediate(resolve));

function serve(): Served {
  const told: string[] = [];
  const reads: (() => void)[] = [];
  let last: ClientResponse | undefined;
  const wire = new Duplex({ read: () => undefined, write: (_chunk, _encoding, done) => void reads.push(done) });
  wire.on("error", () => {});
  void new PlainConnection(wire, {
    headMs, idleMs,
    began: () => void told.push("began"),
    ended: () => void told.push("ended"),
    handOver: (socket) => void socket.on("data", (chunk: Buffer) => void told.push(`over ${chunk.toString("latin1")}`)),
    request: (request, response) => {
      told.push(request.target);
      last = response;
      response.once("close", () => void told.push(response.writableFinished ? "whole" : "cut"));
    },
  });
  return {
    wire, told,
    response: () => last ?? expect.fail("There is no request."),
    read: () => reads.splice(0).forEach((done) => void done()),
    say: async (text) => {
      wire.push(Buffer.from(text, "latin1"));
      await turn();
    },
  };
}

async function answer(served: Served): Promise<void> {
  served.response().writeHead(200, { "content-length": 3 });
  served.response().end("abc", "latin1");
  await turn();
  served.read();
  await turn();
}

test("each request begins and ends once, one after the other", async () => {
  const served = serve();
  await served.say(get("/1") + get("/2"));
  expect(served.told).toEqual(["began", "/1"]);
  await answer(served);
  await answer(served);
  served.wire.destroy();
  await turn();
  expect(served.told).toEqual(["began", "/1", "ended", "whole", "began", "/2", "ended", "whole"]);
});

test("a client that leaves amid an answer is told of once, and what it sent ahead is not served", async () => {
  const served = serve();
  await served.say(get("/1") + get("/2"));
  served.response().writeHead(200, { "content-length": 3 });
  served.response().write(Buffer.from("a"));
  await turn();
  served.wire.destroy();
  await turn();
  expect(served.told).toEqual(["began", "/1", "ended", "cut"]);
});

test("on a connection that was cut after its last byte had left, what was sent ahead is not served", async () => {
  const served = serve();
  await served.say(get("/1") + get("/2"));
  served.response().writeHead(200, { "content-length": 3 });
  served.response().end("abc", "latin1");
  await turn();
  served.response().destroy();
  served.read();
  await turn();
  expect(served.told.filter((line) => line.startsWith("/"))).toEqual(["/1"]);
});

test("the first head must come in its time, and then nothing hurries the answer", async () => {
  const [silent, served] = [serve(), serve()];
  await served.say(get("/1"));
  vi.advanceTimersByTime(headMs);
  expect([silent.wire.destroyed, served.wire.destroyed]).toEqual([true, false]);
  vi.advanceTimersByTime(10 * idleMs);
  expect(served.wire.destroyed).toBe(false);
});

test("a connection without a request is kept a second longer than its client is told, from each answer on", async () => {
  const served = serve();
  for (const target of ["/1", "/2"]) {
    await served.say(get(target));
    vi.advanceTimersByTime(2 * idleMs);
    await answer(served);
    vi.advanceTimersByTime(idleMs + 999);
    expect(served.wire.destroyed).toBe(false);
  }
  vi.advanceTimersByTime(1);
  expect(served.wire.destroyed).toBe(true);
});

test("the rest of a request that was answered early is waited for as long as it comes, and no longer", async () => {
  const served = serve();
  await served.say("POST /1 HTTP/1.1\r\nContent-Length: 6\r\n\r\na");
  await answer(served);
  for (const part of "bcde") {
    vi.advanceTimersByTime(idleMs);
    await served.say(part);
  }
  expect(served.wire.destroyed).toBe(false);
  vi.advanceTimersByTime(idleMs + 1_000);
  await turn();
  expect([served.wire.destroyed, served.told]).toEqual([true, ["began", "/1", "ended", "whole"]]);
});

test("after what is not plain nothing of ours is left on the connection", async () => {
  const served = serve();
  await served.say(get("/1") + "PROPFIND / HTTP/1.1\r\n\r\n");
  await answer(served);
  expect(served.told).toEqual(["began", "/1", "ended", "whole", "over PROPFIND / HTTP/1.1\r\n\r\n"]);
  expect(["data", "drain", "close", "end"].map((name) => served.wire.listenerCount(name))).toEqual([1, 0, 0, 0]);
  vi.advanceTimersByTime(10 * idleMs);
  expect(served.wire.destroyed).toBe(false);
});

test("what is sent ahead in single bytes takes little more memory than its bytes, and is whole", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const served = serve();
  await served.say(get("/1"));
  const ahead = Buffer.from(`PROPFIND /${"a".repeat(60_000)}`);
  collect();
  const before = process.memoryUsage().heapUsed;
  for (const byte of ahead) served.wire.push(Buffer.alloc(1, byte));
  collect();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 * 1_048_576);
  await answer(served);
  expect(served.told.at(-1)).toBe(`over ${ahead.toString()}`);
});
