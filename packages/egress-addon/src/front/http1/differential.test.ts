import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { Duplex } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { ClientRequest, ClientResponse } from "../../exchange/client.ts";
import { PlainConnection } from "./connection.ts";

// What a client says, cut anywhere, is served in the same way by Node alone and by us with Node behind: the same requests, and the same answers.
interface Served {
  readonly heads: readonly string[];
  /** Content and trailers of those that came whole, by their place. */
  readonly contents: ReadonlyMap<number, string>;
  readonly answers: string;
}

const idleMs = 75_000;

async function serve(parts: readonly Buffer[], isOurs: boolean): Promise<Served> {
  const heads: string[] = [];
  const contents = new Map<number, string>();
  const answers: string[] = [];
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  const handle = (request: ClientRequest, response: ClientResponse, target: string): void => {
    const at = heads.push([request.method, target, request.httpVersion, ...request.rawHeaders].join("|")) - 1;
    let content = "";
    request.on("data", (chunk: Buffer) => void (content += chunk.toString("latin1")));
    request.once("end", () => {
      contents.set(at, [content, ...request.rawTrailers].join("|"));
      response.sendDate = false;
      answer(response, target);
    });
  };
  const server = createServer({ keepAliveTimeout: idleMs, requireHostHeader: false, insecureHTTPParser: false });
  server.on("request", (request: IncomingMessage, response: ServerResponse) => handle(request, response, request.url ?? ""));
  server.on("clientError", (_error, socket) => void socket.destroy());
  server.on("upgrade", (_request, socket) => void socket.destroy());
  server.on("connect", (_request, socket) => void socket.destroy());
  const wire = new Duplex({ read: () => undefined, write(chunk: Buffer, _encoding, done) {
    answers.push(chunk.toString("latin1"));
    done();
  } });
  wire.on("error", () => {}).once("close", resolve);
  const handOver = (socket: Duplex): void => void server.emit("connection", socket);
  if (isOurs) {
    void new PlainConnection(wire, { headMs: idleMs, idleMs, began: () => {}, ended: () => {}, handOver, request: (request, response) => handle(request, response, request.target) });
  } else handOver(wire);
  for (const part of parts) {
    wire.push(part);
    await new Promise((next) => void setImmediate(next));
  }
  for (let turn = 0; turn < 20; turn += 1) await new Promise((next) => void setImmediate(next));
  wire.push(null);
  await Promise.race([closed, new Promise((next) => void setTimeout(next, 50))]);
  wire.destroy();
  server.close();
  return { heads, contents, answers: answers.join("") };
}

// As the proxy answers: at once with a length, in chunks, with nothing, or as the last one.
function answer(response: ClientResponse, target: string): void {
  if (target.startsWith("/chunks")) {
    response.writeHead(200, "OK", ["X-A", "b"]);
    response.write(Buffer.from("one"));
    response.write(Buffer.from("two"));
    response.addTrailers([["X-T", "c"]]);
    return void response.end();
  }
  if (target.startsWith("/empty")) {
    response.writeHead(204, "No Content", []);
    return void response.end();
  }
  if (target.startsWith("/last")) response.shouldKeepAlive = false;
  response.writeHead(200, { "content-length": 3 });
  response.end("abc", "latin1");
}

// Node says what it adds in another order, and the time of what it answers by itself.
function sorted(answers: string): string {
  return answers.replaceAll(/Date: .*\r\n/g, "").replaceAll(/HTTP\/1\.1 .*?\r\n\r\n/gs, (head) => head.split("\r\n").toSorted().join("\r\n"));
}

// Node reads ahead: what follows the last request is begun there, and never answered, and what is wrong later ends what is under way.
async function compare(parts: readonly Buffer[]): Promise<Served> {
  const [ours, node] = [await serve(parts, true), await serve(parts, false)];
  expect(ours.heads).toEqual(node.heads.slice(0, ours.answers.includes("Connection: close") ? ours.heads.length : Infinity));
  for (const [at, content] of node.contents) if (at < ours.heads.length) expect(ours.contents.get(at)).toBe(content);
  expect(sorted(ours.answers).startsWith(sorted(node.answers))).toBe(true);
  return ours;
}

const get = (target: string, ...fields: readonly string[]): string => `GET ${target} HTTP/1.1\r\nHost: a.test\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`;
const chunked = "POST /c HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-T: a\r\n\r\n";
const post = "POST /p HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\nabc";

test.each<[string, string, number]>([
  ["requests in a row", get("/1") + get("/chunks") + get("/empty") + post + get("/2"), 5],
  ["content that looks like a request", `POST / HTTP/1.1\r\nContent-Length: ${get("/admin").length}\r\n\r\n${get("/admin")}${get("/2")}`, 2],
  ["plain ones, then one in chunks, then plain ones", get("/1") + post + chunked + get("/2"), 4],
  ["one that is the last, and one more", get("/last") + get("/2"), 1],
  ["one that says so itself, and one more", get("/1", "Connection: close") + get("/2"), 1],
  ["HTTP/1.0 after plain ones", `${get("/1")}GET /old HTTP/1.0\r\n\r\n`, 2],
  ["garbage after plain ones", `${get("/1")}\0\0\0\0`, 1],
  ["HEAD", "HEAD / HTTP/1.1\r\n\r\nHEAD /chunks HTTP/1.1\r\n\r\n", 2],
])("%s, cut into single bytes and not at all", async (_, text, count) => {
  const bytes = Buffer.from(text, "latin1");
  const whole = await compare([bytes]);
  expect(whole.heads).toHaveLength(count);
  await compare([...bytes].map((byte) => Buffer.from([byte])));
});

const piece = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(get("/1"), get("/1"), get("/chunks"), get("/empty"), get("/last"), post, post, chunked, get("/1", "X-A: b"), get("/1", "Connection: close"), get("/1", "Content-Length: 0"),
    "HEAD / HTTP/1.1\r\n\r\n", "GET / HTTP/1.0\r\n\r\n", "GET http://a.test/ HTTP/1.1\r\n\r\n", get("/1", "Expect: x"), get("/1", "Transfer-Encoding: gzip"), get("/1", "Content-Length: 3", "Content-Length: 3"),
    get("/1", "Content-Length: 3, 3"), get("/1", "X-A : b"), get("/1", "X-A: b\rc"), get("/1", "X-A: b\nc"), get("/1", " folded"), "POST / HTTP/1.1\r\nContent-Length: 3\r\n", "\r\n", "abc", "\r", "\n", "GET / HTTP/1.1\r\n",
    "Host: a.test\r\n", "Content-Length: 3\r\n", "Transfer-Encoding: chunked\r\n", "Transfer-Encoding : chunked\r\n", "Connection: X-A\r\n", "Upgrade: websocket\r\n", "Proxy-Connection: close\r\n", "3\r\nabc\r\n", "0\r\n\r\n") },
  fc.string({ unit: "binary", maxLength: 4 }),
);

test("whatever a client says, and however it is cut, is the same requests and answers as with Node alone", async () => {
  let served = 0;
  await fc.assert(fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 6 }), fc.array(fc.nat(400), { maxLength: 3 }), async (pieces, cuts) => {
    const bytes = Buffer.from(pieces.join(""), "latin1");
    const at = [0, ...cuts.filter((cut) => cut > 0 && cut < bytes.length).toSorted((a, b) => a - b), bytes.length];
    const { heads } = await compare(at.slice(1).map((end, index) => bytes.subarray(at[index], end)));
    served += heads.length;
  }), { numRuns: 600 });
  expect(served).toBeGreaterThan(150);
});
