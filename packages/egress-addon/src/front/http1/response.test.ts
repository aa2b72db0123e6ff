import { Duplex } from "node:stream";
import { expect, test } from "vitest";
import { readPlainHead } from "./read-head.ts";
import { PlainRequest } from "./request.ts";
import { PlainResponse } from "./response.ts";

interface Answering {
  readonly response: PlainResponse;
  readonly wire: () => string;
  readonly writes: () => number;
  readonly isFinished: () => boolean;
  readonly isCut: () => boolean;
}

function answering(method = "GET", keepsAlive = true): Answering {
  const chunks: string[] = [];
  let isFinished = false;
  const socket = new Duplex({ read: () => undefined, writev(parts, done) {
    chunks.push(parts.map(({ chunk }) => (chunk as Buffer).toString("latin1")).join(""));
    done();
  } });
  const head = readPlainHead(Buffer.from(`${method} / HTTP/1.1\r\n\r\n`), undefined);
  if (head === undefined) throw new Error("It is plain.");
  const response = new PlainResponse(new PlainRequest(head, socket), { keepsAlive, idleMs: 5_500, onFinished: () => void (isFinished = true) });
  response.sendDate = false;
  return { response, wire: () => chunks.join(""), writes: () => chunks.length, isFinished: () => isFinished, isCut: () => socket.destroyed };
}

const turn = (): Promise<unknown> => new Promise((resolve) => void setImmediate(resolve));
const kept = "Connection: keep-alive\r\nKeep-Alive: timeout=5\r\n\r\n";

test("an answer with its length leaves in one write, each character a byte", async () => {
  const { response, wire, writes, isFinished } = answering();
  response.writeHead(200, "Fine", ["X-A", "\xe9", "Content-Length", "3"]);
  response.end("a\xffc", "latin1");
  expect(response.writableFinished).toBe(false);
  await turn();
  expect(wire()).toBe(`HTTP/1.1 200 Fine\r\nX-A: \xe9\r\nContent-Length: 3\r\n${kept}a\xffc`);
  expect([writes(), isFinished(), response.writableFinished, response.statusCode]).toEqual([1, true, true, 200]);
});

test("text that is said to be nothing else leaves as UTF-8, with its date", async () => {
  const { response, wire } = answering("POST", false);
  response.sendDate = true;
  response.writeHead(403, { "content-length": 2 });
  response.end("\xe9");
  await turn();
  expect(wire()).toMatch(/^HTTP\/1\.1 403 Forbidden\r\ncontent-length: 2\r\nDate: [A-Z][a-z]{2}, .* GMT\r\nConnection: close\r\n\r\n\xc3\xa9$/);
});

test("without a length it goes in chunks, what is written in one turn together, and trailers after them", async () => {
  const { response, wire, writes } = answering();
  response.writeHead(200, "", []);
  expect(response.write(Buffer.from("one"))).toBe(true);
  response.write(Buffer.alloc(0));
  response.write(Buffer.from("x".repeat(16)));
  await turn();
  const first = `HTTP/1.1 200 \r\nTransfer-Encoding: chunked\r\n${kept}3\r\none\r\n10\r\n${"x".repeat(16)}\r\n`;
  expect([wire(), writes()]).toEqual([first, 1]);
  response.addTrailers([["X-T", "a"], ["X-U", "\xe9"]]);
  response.addTrailers([["X-V", "b\r\nX-W: c"]]);
  response.end(Buffer.from("two"));
  await turn();
  expect(wire()).toBe(`${first}3\r\ntwo\r\n0\r\nX-T: a\r\nX-U: \xe9\r\n\r\n`);
});

test("the head can leave alone", async () => {
  const { response, wire, isFinished } = answering();
  response.writeHead(200, "OK", ["Content-Length", "3"]);
  expect(wire()).toBe("");
  response.flushHeaders();
  response.flushHeaders();
  await turn();
  expect(wire()).toBe(`HTTP/1.1 200 OK\r\nContent-Length: 3\r\n${kept}`);
  response.end(Buffer.from("abc"));
  await turn();
  expect([wire().endsWith("\r\n\r\nabc"), isFinished()]).toEqual([true, true]);
});

test.each([["HEAD", 200], ["GET", 204], ["GET", 304]] as const)("to %s, %i has no content, whatever is written", async (method, status) => {
  const { response, wire, isFinished } = answering(method);
  response.writeHead(status, "X", ["Content-Length", "9"]);
  response.write(Buffer.from("one"));
  response.end("two");
  await turn();
  expect(wire()).toBe(`HTTP/1.1 ${status} X\r\nContent-Length: 9\r\n${kept}`);
  expect(isFinished()).toBe(true);
});

test.each<[string, (response: PlainResponse) => void]>([
  ["more than was said, in one", (response) => void response.end("abcd")],
  ["more than was said, in parts", (response) => void (response.write(Buffer.from("abc")), response.write(Buffer.from("HTTP/1.1 200 OK\r\n")))],
  ["less than was said", (response) => void response.end("ab")],
  ["nothing of what was said", (response) => void response.end()],
])("%s cuts the connection, so that nothing is taken for the next answer", async (_, act) => {
  const { response, wire, isCut, isFinished } = answering();
  response.writeHead(200, "OK", ["Content-Length", "3"]);
  act(response);
  await turn();
  expect([isCut(), isFinished(), wire().includes("HTTP/1.1 200 OK\r\n", 1)]).toEqual([true, false, false]);
});

test.each<[string, number, string, readonly string[]]>([
  ["a CR LF in a value", 200, "OK", ["X-A", "b\r\nX-B: c"]],
  ["a bare CR in a value", 200, "OK", ["X-A", "b\rc"]],
  ["a NUL in a value", 200, "OK", ["X-A", "b\0"]],
  ["what has no byte of Latin-1 in a value", 200, "OK", ["X-A", "\u010d\u010a"]],
  ["a colon in a name", 200, "OK", ["X-A: b\r\nX-B", "c"]],
  ["a blank in a name", 200, "OK", ["X A", "c"]],
  ["an empty name", 200, "OK", ["", "c"]],
  ["a CR LF in the reason", 200, "OK\r\nX-A: b", []],
  ["two lengths", 200, "OK", ["Content-Length", "3", "content-length", "3"]],
  ["a length with a sign", 200, "OK", ["Content-Length", "+3"]],
  ["a list of lengths", 200, "OK", ["Content-Length", "3, 3"]],
  ["an informational status", 101, "OK", []],
  ["a status of four digits", 2000, "OK", []],
])("%s cannot be sent, and another answer still can", async (_, status, text, headers) => {
  const { response, wire } = answering();
  expect(() => response.writeHead(status, text, headers)).toThrow();
  expect(response.headersSent).toBe(false);
  response.writeHead(502, { "content-length": 0 });
  response.end();
  await turn();
  expect(wire()).toMatch(/^HTTP\/1\.1 502 Bad Gateway\r\ncontent-length: 0\r\n/);
});

test("what frames the answer is said here alone", async () => {
  const { response, wire } = answering();
  response.writeHead(200, "OK", ["Transfer-Encoding", "gzip", "connection", "upgrade", "KEEP-ALIVE", "timeout=9", "Content-Length", "0"]);
  response.end();
  await turn();
  expect(wire()).toBe(`HTTP/1.1 200 OK\r\nContent-Length: 0\r\n${kept}`);
});
