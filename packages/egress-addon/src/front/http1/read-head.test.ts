import { expect, test } from "vitest";
import { type PlainFields, type PlainHead, readPlainHead } from "./read-head.ts";

const read = (text: string, before?: PlainFields): PlainHead | undefined => readPlainHead(Buffer.from(text, "latin1"), before);
const get = (...fields: readonly string[]): PlainHead | undefined => read(`GET / HTTP/1.1\r\n${fields.map((field) => `${field}\r\n`).join("")}\r\n`);

test("a head is read as it came: case, order, duplicates and bytes beyond ASCII; what comes after it is left", () => {
  const text = "POST /a%2f?b=c HTTP/1.1\r\nHost: a.test\r\nx-a:\t1 \r\nX-A: \xe9\r\nEmpty:\r\nContent-Length: 3\r\n\r\n";
  expect(read(`${text}abcGET`)).toMatchObject({
    method: "POST", target: "/a%2f?b=c", bytes: text.length,
    fields: { raw: ["Host", "a.test", "x-a", "1", "X-A", "\xe9", "Empty", "", "Content-Length", "3"], length: "3", keepsAlive: true },
  });
});

test("fields that come again byte for byte are the same array, frozen from then on, and no others are", () => {
  const first = get("Host: a.test", "X-A: 1")?.fields;
  expect(Object.isFrozen(first?.raw)).toBe(false);
  expect(read("POST /other HTTP/1.1\r\nHost: a.test\r\nX-A: 1\r\n\r\nrest", first)).toMatchObject({ method: "POST", target: "/other" });
  expect(read("POST /other HTTP/1.1\r\nHost: a.test\r\nX-A: 1\r\n\r\nrest", first)?.fields).toBe(first);
  expect(Object.isFrozen(first?.raw)).toBe(true);
  for (const others of ["Host: a.test\r\nX-A: 2", "Host: a.test\r\nX-A: 1 ", "Host: a.test\r\nx-a: 1", "Host: a.test", "Host: a.test\r\nX-A: 1\r\nX-B: 2"]) {
    expect(read(`GET / HTTP/1.1\r\n${others}\r\n\r\n`, first)?.fields, others).not.toBe(first);
  }
});

test("what was remembered is a copy, so that bytes that are written over change nothing", () => {
  const bytes = Buffer.from("GET / HTTP/1.1\r\nHost: a.test\r\n\r\n");
  const first = readPlainHead(bytes, undefined)?.fields;
  bytes.write("b", bytes.indexOf("a.test"));
  expect(readPlainHead(bytes, first)?.fields.raw).toEqual(["Host", "b.test"]);
});

test("what was remembered holds no more memory than its own", () => {
  const wire = get("Host: a.test")?.fields.wire;
  expect([wire?.length, wire?.buffer.byteLength]).toEqual([14, 14]);
});

test("a head without fields, and requests that say they are the last", () => {
  expect(get()?.fields).toMatchObject({ raw: [], keepsAlive: true });
  expect(get("Connection: close")?.fields.keepsAlive).toBe(false);
  expect(get("connection: CLOSE", "Connection: keep-alive")?.fields.keepsAlive).toBe(false);
  expect(get("Connection: Keep-Alive")?.fields.keepsAlive).toBe(true);
});

test.each<[string, string]>([
  ["nothing", ""],
  ["half a request line", "GET / HT"],
  ["half a head", "GET / HTTP/1.1\r\nHost: a.test\r\n"],
  ["an empty line first", "\r\nGET / HTTP/1.1\r\n\r\n"],
  ["HTTP/1.0", "GET / HTTP/1.0\r\n\r\n"],
  ["HTTP/0.9", "GET /\r\n\r\n"],
  ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a method in lower case", "get / HTTP/1.1\r\n\r\n"],
  ["a rare method", "PROPFIND / HTTP/1.1\r\n\r\n"],
  ["CONNECT", "CONNECT a.test:443 HTTP/1.1\r\n\r\n"],
  ["an absolute target", "GET http://a.test/ HTTP/1.1\r\n\r\n"],
  ["an asterisk", "OPTIONS * HTTP/1.1\r\n\r\n"],
  ["two blanks", "GET  / HTTP/1.1\r\n\r\n"],
  ["a tab", "GET\t/ HTTP/1.1\r\n\r\n"],
  ["a blank at the line's end", "GET / HTTP/1.1 \r\n\r\n"],
  ["a byte beyond ASCII in the target", "GET /\xe9 HTTP/1.1\r\n\r\n"],
  ["a control character in the target", "GET /\x01 HTTP/1.1\r\n\r\n"],
  ["bare line feeds", "GET / HTTP/1.1\nHost: a.test\n\n"],
  ["a bare line feed after the request line", "GET / HTTP/1.1\nX: y\r\n\r\n"],
  ["a request line of 17 KiB", `GET /${"a".repeat(17_408)} HTTP/1.1\r\n\r\n`],
])("%s is not plain", (_, text) => {
  expect(read(text)).toBeUndefined();
});

test.each<[string, readonly string[]]>([
  ["a coding", ["Transfer-Encoding: chunked"]],
  ["a coding in another case", ["tRANSFER-eNCODING: chunked"]],
  ["a coding and a length", ["Transfer-Encoding: chunked", "Content-Length: 3"]],
  ["two lengths", ["Content-Length: 3", "content-length: 3"]],
  ["a list of lengths", ["Content-Length: 3, 3"]],
  ["a length with a sign", ["Content-Length: +3"]],
  ["a length with a zero in front", ["Content-Length: 03"]],
  ["a hexadecimal length", ["Content-Length: 0x3"]],
  ["an empty length", ["Content-Length:"]],
  ["a length beyond all counting", ["Content-Length: 9999999999999999"]],
  ["an upgrade", ["Connection: Upgrade", "Upgrade: websocket"]],
  ["an upgrade that the connection does not name", ["Upgrade: websocket"]],
  ["an expectation", ["Expect: 100-continue"]],
  ["a connection that names a field", ["Connection: close, X-A"]],
  ["Proxy-Connection", ["Proxy-Connection: close"]],
  ["trailers to come", ["Trailer: X-A"]],
  ["HTTP/2's settings", ["HTTP2-Settings: AA"]],
  ["a folded line", ["X-A: b", " c"]],
  ["a blank before the colon", ["X-A : b"]],
  ["a blank before the first name", [" X-A: b"]],
  ["no colon", ["X-A"]],
  ["no name", [": b"]],
  ["a bare CR", ["X-A: b\rX-B: c"]],
  ["a bare LF", ["X-A: b\nX-B: c"]],
  ["a NUL", ["X-A: b\0"]],
  ["a control character", ["X-A: \x0b"]],
  ["101 fields", Array.from({ length: 101 }, (_, index) => `X-${index}: a`)],
  ["17 KiB", Array.from({ length: 17 }, (_, index) => `X-${index}: ${"a".repeat(1024)}`)],
])("%s is not plain", (_, fields) => {
  expect(get("Host: a.test", ...fields)).toBeUndefined();
});
