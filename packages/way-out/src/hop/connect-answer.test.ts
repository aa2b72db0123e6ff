import fc from "fast-check";
import { expect, test } from "vitest";
import { type ConnectAnswer, createConnectAnswerReader } from "./connect-answer.ts";

const answered = (status: number, rest = ""): ConnectAnswer => ({ kind: "answered", status, rest: Buffer.from(rest) });
const malformed: ConnectAnswer = { kind: "malformed" };
const incomplete: ConnectAnswer = { kind: "incomplete" };

/** What the reader makes of the chunks: the first word that is final, else the last. */
function read(...chunks: readonly string[]): ConnectAnswer {
  const reader = createConnectAnswerReader();
  let answer: ConnectAnswer = incomplete;
  for (const chunk of chunks) {
    answer = reader(Buffer.from(chunk, "latin1"));
    if (answer.kind !== "incomplete") return answer;
  }
  return answer;
}

const table: readonly (readonly [string, string, ConnectAnswer])[] = [
  ["a plain 200", "HTTP/1.1 200 Connection established\r\n\r\n", answered(200)],
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\nProxy-agent: x\r\n\r\n", answered(200)],
  ["an empty reason", "HTTP/1.1 200 \r\n\r\n", answered(200)],
  ["no reason and no space", "HTTP/1.1 200\r\n\r\n", answered(200)],
  ["another 2xx", "HTTP/1.1 204 No Content\r\n\r\n", answered(204)],
  ["a length on a 2xx, which counts for nothing", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", answered(200)],
  ["bytes after the head", "HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\n", answered(200, "HTTP/1.1 200 OK\r\n")],
  ["a 407", "HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"\r\n\r\n<html>", answered(407, "<html>")],
  ["a 403 with a body", "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n\r\nCONNECT blocked: x", answered(403, "CONNECT blocked: x")],
  ["a 1xx first", "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", answered(200)],
  ["several 1xx first", `${"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n".repeat(5)}HTTP/1.1 502 Bad Gateway\r\n\r\n`, answered(502)],
  ["bytes over 127 in a value", "HTTP/1.1 200 \xe9t\xe9\r\nVia: \xff\r\n\r\n", answered(200)],
  ["a 101", "HTTP/1.1 101 Switching Protocols\r\n\r\n", malformed],
  ["bare line feeds", "HTTP/1.1 200 OK\n\n", incomplete],
  ["a bare line feed in the head", "HTTP/1.1 200 OK\nX: y\r\n\r\n", malformed],
  ["a bare line feed between headers", "HTTP/1.1 200 OK\r\nX: y\nZ: w\r\n\r\n", malformed],
  ["a bare carriage return", "HTTP/1.1 200 OK\r\nX: y\rZ: w\r\n\r\n", malformed],
  ["a NUL", "HTTP/1.1 200 OK\r\nX: \0\r\n\r\n", malformed],
  ["a folded header", "HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n", malformed],
  ["a space before the colon", "HTTP/1.1 200 OK\r\nX : y\r\n\r\n", malformed],
  ["a header without a colon", "HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", malformed],
  ["an empty line before", "\r\nHTTP/1.1 200 OK\r\n\r\n", malformed],
  ["HTTP/2", "HTTP/2 200\r\n\r\n", malformed],
  ["HTTP/1.2", "HTTP/1.2 200 OK\r\n\r\n", malformed],
  ["HTTP/1.10", "HTTP/1.10 200 OK\r\n\r\n", malformed],
  ["lower case", "http/1.1 200 OK\r\n\r\n", malformed],
  ["two spaces", "HTTP/1.1  200 OK\r\n\r\n", malformed],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n", malformed],
  ["a status of four digits", "HTTP/1.1 2000 OK\r\n\r\n", malformed],
  ["a status that begins with 0", "HTTP/1.1 020 OK\r\n\r\n", malformed],
  ["a status glued to its reason", "HTTP/1.1 200OK\r\n\r\n", malformed],
  ["no HTTP at all", "SSH-2.0-OpenSSH_9.2\r\n", malformed],
  ["TLS", "\x16\x03\x01\x02\x00", malformed],
  ["SOCKS", "\x05\x00", malformed],
  ["nothing", "", incomplete],
  ["half a head", "HTTP/1.1 200 OK\r\nVia: x\r\n", incomplete],
];

test.each(table)("%s", (_what, bytes, expected) => {
  expect(read(bytes)).toEqual(expected);
});

test.each(table)("%s, byte by byte, and split at every byte", (_what, bytes, expected) => {
  // What follows the head is only seen if it came with it.
  const status = (answer: ConnectAnswer): unknown => ({ ...answer, rest: undefined });
  expect(status(read(...bytes))).toEqual(status(expected));
  for (let at = 0; at <= bytes.length; at += 1) expect(status(read(bytes.slice(0, at), bytes.slice(at)))).toEqual(status(expected));
});

test("a head of 16 KiB is read, and one byte more is not", () => {
  const head = (size: number): string => `HTTP/1.1 200 OK\r\nX: ${"y".repeat(size - 24)}\r\n\r\n`;
  expect(head(16_384)).toHaveLength(16_384);
  expect([read(head(16_384)), read(head(16_385))]).toEqual([answered(200), malformed]);
  expect(read(...head(16_385).match(/[^]{1,1000}/g) ?? [])).toEqual(malformed);
});

test("1xx heads without end count towards the same bound", () => {
  expect(read("HTTP/1.1 100 Continue\r\n\r\n".repeat(2_000))).toEqual(malformed);
  expect(read(...Array.from({ length: 2_000 }, () => "HTTP/1.1 100 Continue\r\n\r\n"))).toEqual(malformed);
});

test("a large body after the head does not make the head too large", () => {
  expect(read(`HTTP/1.1 403 Forbidden\r\n\r\n${"x".repeat(100_000)}`)).toEqual(answered(403, "x".repeat(100_000)));
});

test("any bytes in any pieces are understood, refused or waited for, the same in pieces as at once", () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 200 }).map((array) => Buffer.from(array).toString("latin1")),
    fc.array(fc.constantFrom("HTTP/1.1 ", "200", " OK", "\r\n", "\n", "\r", "\r\n\r\n", "X: y", "100", "407", ":", "\0", " "), { maxLength: 20 }).map((parts) => parts.join("")),
  );
  fc.assert(fc.property(bytes, fc.nat(200), (text, at) => {
    const whole = read(text);
    const split = read(text.slice(0, at), text.slice(at));
    expect(split.kind).toBe(whole.kind);
    if (whole.kind === "answered" && split.kind === "answered") expect(split.status).toBe(whole.status);
  }), { numRuns: 2_000, seed: 4 });
});
