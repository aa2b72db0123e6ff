import type { Socket } from "node:net";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { openTls, say } from "./testing/raw-client.ts";
import { allowed, type Rig, startRig } from "./testing/rig.ts";
import { readStrictly } from "./testing/strict-request.ts";
import { startRawUpstream, type Upstream } from "./testing/upstream.ts";

// What one side takes for a body and the other for a request. The bytes that leave are read here as strictly as can be.
checkLeaks();
const wires: string[] = [];
let upstream: Upstream;
let rig: Rig;

beforeAll(async () => {
  upstream = await startRawUpstream(allowed, record);
  rig = await startRig(upstream, { routes: [{ host: allowed, paths: ["/", "/ok"] }] });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});
beforeEach(() => {
  for (const socket of upstream.sockets) socket.destroy();
  wires.splice(0);
});

// One answer per request that is there whole, and the connection is kept.
function record(socket: Socket): void {
  const at = wires.push("") - 1;
  let answered = 0;
  socket.on("data", (chunk: Buffer) => {
    wires[at] += chunk.toString("latin1");
    const count = requestsIn(wires[at] ?? "");
    for (; answered < count; answered += 1) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine");
  });
}

function requestsIn(wire: string): number {
  try {
    return readStrictly(wire).length;
  } catch {
    return 0;
  }
}

const next = `GET /ok HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`;
const hidden = `GET /admin HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`;
const post = (fields: string, rest: string): string => `POST / HTTP/1.1\r\nHost: ${allowed}\r\n${fields}\r\n${rest}`;
const chunked = (rest: string): string => post("Transfer-Encoding: chunked\r\n", rest);

test.each<[string, string, readonly string[]]>([
  ["a chunk's extension", chunked("3;a=b;c=\"d\"\r\nabc\r\n0;e\r\n\r\n"), ["POST / abc"]],
  ["a chunk's length with zeros in front", chunked("0003\r\nabc\r\n0\r\n\r\n"), ["POST / abc"]],
  ["a chunk that looks like the last one", chunked(`${hidden.length.toString(16)}\r\n${hidden}\r\n0\r\n\r\n`), [`POST / ${hidden}`]],
  ["two spaces in the request line", `GET  / HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, ["GET / "]],
  ["a coding with an underscore", post("Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n"), ["POST / 0\r\n\r\n"]],
  ["a coding's name in another case", post("tRANSFER-eNCODING: ChunkeD\r\n", "3\r\nabc\r\n0\r\n\r\n"), ["POST / abc"]],
  ["a length that the connection is to lose", post(`Connection: Content-Length\r\nContent-Length: ${hidden.length}\r\n`, hidden), [`POST / ${hidden}`]],
  ["a coding that the connection is to lose", post("Connection: close, Transfer-Encoding\r\nTransfer-Encoding: chunked\r\n", "3\r\nabc\r\n0\r\n\r\n"), ["POST / abc"]],
  ["a Host that the connection is to lose", `GET / HTTP/1.1\r\nHost: ${allowed}\r\nConnection: Host\r\n\r\n`, ["GET / "]],
  ["a body of a GET", `GET / HTTP/1.1\r\nHost: ${allowed}\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`, [`GET / ${hidden}`]],
  ["a body of a HEAD", `HEAD / HTTP/1.1\r\nHost: ${allowed}\r\nContent-Length: 0\r\n\r\n`, ["HEAD / "]],
  ["an expectation with its body at once", post(`Expect: 100-continue\r\nContent-Length: ${hidden.length}\r\n`, hidden), [`POST / ${hidden}`]],
  ["empty lines before a request", `\r\n\r\n${next}`, ["GET /ok "]],
  ["two requests at once", `${post("Content-Length: 3\r\n", "abc")}${next}`, ["POST / abc", "GET /ok "]],
])("%s is passed on as what it is, and nothing more", async (_, bytes, expected) => {
  const socket = await openTls(rig, `${allowed}:443`);
  await say(socket, bytes, { until: new RegExp(`(?:200 OK[^]*){${expected.length}}`), forMs: 5_000 });
  socket.destroy();
  expect(wires.flatMap(readStrictly).map(({ line, body }) => `${line.replace(" HTTP/1.1", "")} ${body}`).sort()).toEqual([...expected].sort());
  expect(wires.flatMap(readStrictly).map(({ trailers }) => trailers).join("")).not.toMatch(/content-length|transfer-encoding|host/i);
});

test.each<[string, string]>([
  ["the same length twice", post("Content-Length: 3\r\nContent-Length: 3\r\n", `abc${hidden}`)],
  ["a length below zero", post("Content-Length: -1\r\n", hidden)],
  ["an empty length", post("Content-Length:\r\n", hidden)],
  ["a length with an underscore", post("Content-Length: 1_0\r\n", hidden)],
  ["a length beyond all counting", post("Content-Length: 99999999999999999999999\r\n", hidden)],
  ["a length with a form feed", post("Content-Length:\x0c3\r\n", `abc${hidden}`)],
  ["a coding with a vertical tab", post("Transfer-Encoding:\x0bchunked\r\n", `0\r\n\r\n${hidden}`)],
  ["a coding in quotes", post("Transfer-Encoding: \"chunked\"\r\n", `0\r\n\r\n${hidden}`)],
  ["a coding with a parameter", post("Transfer-Encoding: chunked;q=1\r\n", `0\r\n\r\n${hidden}`)],
  ["chunked twice", post("Transfer-Encoding: chunked, chunked\r\n", `0\r\n\r\n${hidden}`)],
  ["a coding after an empty one", post("Transfer-Encoding: , chunked\r\n", `0\r\n\r\n${hidden}`)],
  ["a coding over a folded line", post("Transfer-Encoding:\r\n chunked\r\n", `0\r\n\r\n${hidden}`)],
  ["a coding hidden in a value by a bare CR", post("X-A: b\rTransfer-Encoding: chunked\r\n", `0\r\n\r\n${hidden}`)],
  ["a coding hidden in a value by a bare LF", post("X-A: b\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n", `0\r\n\r\n${hidden}`)],
  ["chunks in HTTP/1.0", `POST / HTTP/1.0\r\nHost: ${allowed}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${hidden}`],
  ["a NUL in a name", post("Content-Length\0: 3\r\n", hidden)],
  ["a space in front of the first field", `GET / HTTP/1.1\r\n Host: ${allowed}\r\n\r\n`],
  ["two Hosts", `GET / HTTP/1.1\r\nHost: ${allowed}\r\nHost: ${allowed}\r\n\r\n`],
  ["a tab in the request line", `GET\t/\tHTTP/1.1\r\nHost: ${allowed}\r\n\r\n`],
  ["a version in the target", `GET / HTTP/1.1 HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`],
])("%s: refused or cut, and nothing arrives", async (_, bytes) => {
  const socket = await openTls(rig, `${allowed}:443`);
  const { text } = await say(socket, bytes, { until: /\}\n$/, forMs: 3_000 });
  socket.destroy();
  expect(text).toMatch(/^HTTP\/1\.1 (?:4\d\d|501) |^$/);
  expect(text).not.toMatch(/ 200 OK/);
  expect(wires.join("")).toBe("");
});

test.each<[string, string]>([
  ["a line feed alone after a length", chunked(`3\nabc\r\n0\r\n\r\n${hidden}`)],
  ["a line feed alone after a chunk", chunked(`3\r\nabc\n0\r\n\r\n${hidden}`)],
  ["a line feed in an extension", chunked(`3;a\nb\r\nabc\r\n0\r\n\r\n${hidden}`)],
  ["a chunk that is longer than it says", chunked(`3\r\nabcd\r\n0\r\n\r\n${hidden}`)],
  ["a length below zero", chunked(`-3\r\nabc\r\n0\r\n\r\n${hidden}`)],
  ["a length with 0x", chunked(`0x3\r\nabc\r\n0\r\n\r\n${hidden}`)],
  ["a length beyond all counting", chunked(`fffffffffffffffff\r\nabc\r\n0\r\n\r\n${hidden}`)],
  ["a space in front of a length", chunked(` 3\r\nabc\r\n0\r\n\r\n${hidden}`)],
  ["trailers that frame", chunked(`3\r\nabc\r\n0\r\nContent-Length: 50\r\nTransfer-Encoding: gzip\r\nHost: evil.test\r\n\r\n${hidden}`)],
  ["trailers with a bare line feed", chunked(`3\r\nabc\r\n0\r\nX-T: a\nX-U: b\r\n\r\n${hidden}`)],
])("chunks with %s: no upstream takes them for a whole request, and nothing follows", async (_, bytes) => {
  const socket = await openTls(rig, `${allowed}:443`);
  const { text } = await say(socket, bytes, { until: /\}\n$/, forMs: 3_000 });
  socket.destroy();
  expect(text).not.toMatch(/ 200 OK/);
  expect(wires.map(requestsIn).reduce((sum, count) => sum + count, 0)).toBe(0);
  expect(wires.join("")).not.toContain("/admin");
});
