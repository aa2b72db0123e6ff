import { expect, test } from "vitest";
import { parseFields } from "../../fields.ts";
import { type Framing, parseHead, type ResponseHead } from "./parse-head.ts";

const parse = (lines: readonly string[], isToHead = false): ResponseHead | undefined => parseHead(lines.map((line) => `${line}\r\n`).join(""), isToHead);
const ok = (...fields: readonly string[]): ResponseHead | undefined => parse(["HTTP/1.1 200 OK", ...fields]);

test("a head is read as it came: case, order, duplicates and bytes beyond ASCII", () => {
  expect(ok("X-A: 1", "x-a:\t2 ", "Set-Cookie: \xe9=\xff", "Empty:", "Content-Length: 3")).toEqual({
    status: 200, statusText: "OK", framing: { kind: "length", bytes: 3 }, keepsAlive: true, keepAliveSeconds: undefined,
    headers: ["X-A", "1", "x-a", "2", "Set-Cookie", "\xe9=\xff", "Empty", "", "Content-Length", "3"],
  });
});

test.each<[string, string]>([
  ["no reason", "HTTP/1.1 200"],
  ["an empty reason", "HTTP/1.1 200 "],
  ["a reason with spaces", "HTTP/1.1 200 All is well"],
  ["HTTP/1.0", "HTTP/1.0 200 OK"],
])("a status line with %s is read", (_, line) => {
  expect(parse([line])?.status).toBe(200);
});

test.each<[string, string]>([
  ["nothing", ""],
  ["another protocol", "ICY 200 OK"],
  ["a lower case", "http/1.1 200 OK"],
  ["HTTP/1.2", "HTTP/1.2 200 OK"],
  ["HTTP/2", "HTTP/2 200 OK"],
  ["HTTP/0.9", "HTTP/0.9 200 OK"],
  ["two spaces", "HTTP/1.1  200 OK"],
  ["a tab", "HTTP/1.1\t200 OK"],
  ["two digits", "HTTP/1.1 20 OK"],
  ["four digits", "HTTP/1.1 2000 OK"],
  ["a sign", "HTTP/1.1 +20 OK"],
  ["no blank after the code", "HTTP/1.1 200OK"],
  ["a control character", "HTTP/1.1 200 O\x01K"],
  ["a NUL", "HTTP/1.1 200 O\0K"],
  ["a bare CR", "HTTP/1.1 200 O\rK"],
  ["a bare LF", "HTTP/1.1 200 OK\nX-A: b"],
  ["a blank in front", " HTTP/1.1 200 OK"],
  ["a line in front", "\r\nHTTP/1.1 200 OK"],
])("a status line with %s is none", (_, line) => {
  expect(parse([line, "Content-Length: 0"])).toBeUndefined();
});

test.each<[string, string]>([
  ["a bare LF", "X-A: b\nX-B: c"],
  ["a bare CR", "X-A: b\rX-B: c"],
  ["a bare CR at its end", "X-A: b\r"],
  ["a folded line", "X-A: b\r\n c"],
  ["a line folded by a tab", "X-A: b\r\n\tc"],
  ["a blank in front of the first", " X-A: b"],
  ["a blank before the colon", "X-A : b"],
  ["a tab before the colon", "Transfer-Encoding\t: chunked"],
  ["no colon", "X-A"],
  ["no name", ": b"],
  ["a NUL in a name", "X\0A: b"],
  ["a NUL in a value", "X-A: b\0"],
  ["a control character in a value", "X-A: \x0b"],
  ["DEL in a value", "X-A: \x7f"],
  ["a name beyond ASCII", "X-\xe9: b"],
  ["a name in brackets", "(X-A): b"],
])("fields with %s are malformed", (_, field) => {
  expect(ok(field)).toBeUndefined();
  expect(parseFields(`${field}\r\n`, 0)).toBeUndefined();
});

test.each<[string, readonly string[]]>([
  ["a length twice", ["Content-Length: 3", "Content-Length: 3"]],
  ["two lengths", ["Content-Length: 3", "content-length: 4"]],
  ["a list of lengths", ["Content-Length: 3, 3"]],
  ["an empty length", ["Content-Length:"]],
  ["a length with a sign", ["Content-Length: +3"]],
  ["a length below zero", ["Content-Length: -3"]],
  ["a length in hex", ["Content-Length: 0x3"]],
  ["a length with an exponent", ["Content-Length: 1e3"]],
  ["a length with a point", ["Content-Length: 3.0"]],
  ["a length with an underscore", ["Content-Length: 1_0"]],
  ["a length with a blank inside", ["Content-Length: 1 0"]],
  ["a length in quotes", ["Content-Length: \"3\""]],
  ["a length with NBSP", ["Content-Length: 3\xa0"]],
  ["a length beyond all counting", ["Content-Length: 9999999999999999"]],
  ["a length and a coding", ["Content-Length: 3", "Transfer-Encoding: chunked"]],
  ["a coding and a length of zero", ["Transfer-Encoding: chunked", "Content-Length: 0"]],
  ["two codings", ["Transfer-Encoding: chunked", "Transfer-Encoding: chunked"]],
  ["a list of codings", ["Transfer-Encoding: gzip, chunked"]],
  ["chunked twice in a list", ["Transfer-Encoding: chunked, chunked"]],
  ["an empty coding in front", ["Transfer-Encoding: , chunked"]],
  ["an empty coding", ["Transfer-Encoding:"]],
  ["another coding", ["Transfer-Encoding: gzip"]],
  ["identity", ["Transfer-Encoding: identity"]],
  ["a coding with a parameter", ["Transfer-Encoding: chunked;q=1"]],
  ["a coding in quotes", ["Transfer-Encoding: \"chunked\""]],
  ["a coding that is nearly chunked", ["Transfer-Encoding: xchunked"]],
  ["a coding with NBSP", ["Transfer-Encoding: \xa0chunked"]],
])("%s: no answer, also to a HEAD and of a status without content", (_, fields) => {
  expect(ok(...fields)).toBeUndefined();
  expect(parse(["HTTP/1.1 200 OK", ...fields], true)).toBeUndefined();
  for (const status of [204, 304]) expect(parse([`HTTP/1.1 ${status} X`, ...fields])).toBeUndefined();
});

test("a coding in HTTP/1.0 is no answer", () => {
  expect(parse(["HTTP/1.0 200 OK", "Transfer-Encoding: chunked"])).toBeUndefined();
});

test.each<[string, string, readonly string[], boolean, Framing]>([
  ["a length", "HTTP/1.1 200 OK", ["Content-Length: 007"], false, { kind: "length", bytes: 7 }],
  ["a length between blanks", "HTTP/1.1 200 OK", ["Content-Length: \t7 "], false, { kind: "length", bytes: 7 }],
  ["chunks", "HTTP/1.1 200 OK", ["tRANSFER-eNCODING: ChunkeD"], false, { kind: "chunked" }],
  ["neither", "HTTP/1.1 200 OK", [], false, { kind: "until-close" }],
  ["a length in answer to a HEAD", "HTTP/1.1 200 OK", ["Content-Length: 7"], true, { kind: "none" }],
  ["chunks in answer to a HEAD", "HTTP/1.1 200 OK", ["Transfer-Encoding: chunked"], true, { kind: "none" }],
  ["a 304 with a length", "HTTP/1.1 304 X", ["Content-Length: 7"], false, { kind: "none" }],
  ["a 204", "HTTP/1.1 204 X", [], false, { kind: "none" }],
  ["a 204 with a length of zero", "HTTP/1.1 204 X", ["Content-Length: 0"], false, { kind: "none" }],
  ["a 205 with a length", "HTTP/1.1 205 X", ["Content-Length: 7"], false, { kind: "length", bytes: 7 }],
  ["a 100", "HTTP/1.1 100 X", [], false, { kind: "none" }],
])("%s frames as RFC 9112 6.3 says", (_, line, fields, isToHead, framing) => {
  expect(parse([line, ...fields], isToHead)?.framing).toEqual(framing);
});

test.each<[string, string, string]>([
  ["an informational answer with a length", "100", "Content-Length: 0"],
  ["an informational answer with chunks", "103", "Transfer-Encoding: chunked"],
  ["a 204 with a length above zero", "204", "Content-Length: 5"],
])("%s is malformed: a second reader could wait for content", (_, status, field) => {
  expect(parse([`HTTP/1.1 ${status} X`, field])).toBeUndefined();
});

test.each<[boolean, string, readonly string[]]>([
  [true, "HTTP/1.1", []],
  [true, "HTTP/1.1", ["Connection: keep-alive"]],
  [false, "HTTP/1.1", ["Connection: close"]],
  [false, "HTTP/1.1", ["Connection: X-A, CLOSE "]],
  [false, "HTTP/1.1", ["Connection: keep-alive", "Connection: close"]],
  [false, "HTTP/1.0", []],
  [true, "HTTP/1.0", ["Connection: Keep-Alive"]],
  [false, "HTTP/1.0", ["Connection: keep-alive, close"]],
])("that the connection may be used again is %s for %s with %j", (keepsAlive, version, fields) => {
  expect(parse([`${version} 200 OK`, "Content-Length: 0", ...fields])?.keepsAlive).toBe(keepsAlive);
});

test.each<[string, ResponseHead | undefined]>([
  ["an answer to a HEAD", parse(["HTTP/1.1 200 OK", "Content-Length: 7"], true)],
  ["a 204 with chunks", parse(["HTTP/1.1 204 X", "Transfer-Encoding: chunked"])],
  ["an answer that ends with the connection", parse(["HTTP/1.1 200 OK", "Connection: keep-alive"])],
])("after %s the connection is not used again, since content could follow that is none", (_, head) => {
  expect(head?.keepsAlive).toBe(false);
});

test.each<[string, number | undefined]>([
  ["timeout=5", 5], ["max=100, timeout=5", 5], ["Timeout=5,max=1", 5], ["timeout=0", 0], ["timeout=999999", 999_999],
  ["timeout=9999999", undefined], ["timeout=-1", undefined], ["timeout=1.5", undefined], ["xtimeout=5", undefined], ["", undefined],
])("Keep-Alive: %s says %s seconds", (value, seconds) => {
  expect(ok("Content-Length: 0", `Keep-Alive: ${value}`)?.keepAliveSeconds).toBe(seconds);
});

test("64 KiB of the smallest fields, of one long one, and of lengths take no time to speak of", () => {
  const heads = ["a:\r\n".repeat(16_000), `a:${" ".repeat(64_000)}\r\n`, `a:${"b ".repeat(32_000)}\r\n`, "Content-Length:1\r\n".repeat(3_500), `Connection:${",".repeat(64_000)}\r\n`];
  const startedAt = process.threadCpuUsage();
  for (const fields of heads) parseHead(`HTTP/1.1 200 OK\r\n${fields}`, false);
  expect(process.threadCpuUsage(startedAt).user / 1_000).toBeLessThan(400);
});
