import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import type { UpstreamRequest } from "../pools.ts";
import { writeHead } from "./write-head.ts";

const plain: UpstreamRequest = {
  origin: { host: "a.test", port: 443, secure: true }, method: "GET", path: "/", headers: [], body: null, trailers: { announced: [], read: () => [] },
};
const withBody = { ...plain, method: "POST", body: new PassThrough() };

test("a request without a body is its line, one Host and its headers as they are", () => {
  expect(writeHead({ ...plain, path: "/a?b=c", headers: ["X-A", "1", "x-a", "\xe9"] })).toEqual({
    text: "GET /a?b=c HTTP/1.1\r\nHost: a.test\r\nX-A: 1\r\nx-a: \xe9\r\n\r\n", framing: { kind: "none" },
  });
});

test.each<[string, UpstreamRequest["origin"], string]>([
  ["its port if that is not the scheme's", { host: "a.test", port: 8443, secure: true }, "a.test:8443"],
  ["a plain port 443", { host: "a.test", port: 443, secure: false }, "a.test:443"],
  ["no plain port 80", { host: "a.test", port: 80, secure: false }, "a.test"],
  ["brackets around IPv6", { host: "::1", port: 80, secure: true }, "[::1]:80"],
])("Host has %s", (_, origin, host) => {
  expect(writeHead({ ...plain, origin })?.text).toContain(`\r\nHost: ${host}\r\n`);
});

test("content is framed once: by the length that was said, else in chunks", () => {
  expect(writeHead({ ...withBody, headers: ["Content-Length", "3"] })).toEqual({
    text: "POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 3\r\n\r\n", framing: { kind: "length", bytes: 3 },
  });
  expect(writeHead(withBody)).toEqual({ text: "POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\n\r\n", framing: { kind: "chunked" } });
});

test("trailers that were announced go in chunks, and the length is left out", () => {
  expect(writeHead({ ...withBody, headers: ["Content-Length", "3"], trailers: { announced: ["X-T", "X-U"], read: () => [] } })?.text)
    .toBe("POST / HTTP/1.1\r\nHost: a.test\r\nTransfer-Encoding: chunked\r\nTrailer: X-T, X-U\r\n\r\n");
});

test.each<[string, readonly string[], boolean]>([
  ["POST", [], true], ["PUT", [], true], ["PATCH", [], true], ["GET", [], false], ["DELETE", [], false], ["DELETE", ["Content-Length", "0"], true],
])("%s with %j and no content: says a length of zero is %s", (method, headers, isSaid) => {
  expect(writeHead({ ...plain, method, headers: [...headers] })?.text.includes("Content-Length: 0\r\n")).toBe(isSaid);
});

test.each<[string, Partial<UpstreamRequest>]>([
  ["a second length", { ...withBody, headers: ["Content-Length", "3", "content-length", "3"] }],
  ["a length without content", { headers: ["Content-Length", "3"] }],
  ["a length with a sign", { ...withBody, headers: ["Content-Length", "+3"] }],
  ["a list of lengths", { ...withBody, headers: ["Content-Length", "3, 3"] }],
  ["a length beyond all counting", { ...withBody, headers: ["Content-Length", "9999999999999999"] }],
  ["a coding", { ...withBody, headers: ["Transfer-Encoding", "chunked"] }],
  ["a second Host", { headers: ["hOST", "b.test"] }],
  ["Connection", { headers: ["Connection", "close"] }],
  ["an Upgrade", { headers: ["Upgrade", "websocket"] }],
  ["an expectation", { ...withBody, headers: ["Expect", "100-continue"] }],
  ["a CR LF in a value", { headers: ["X-A", "b\r\nX-B: c"] }],
  ["a bare LF in a value", { headers: ["X-A", "b\nX-B: c"] }],
  ["a bare CR in a value", { headers: ["X-A", "b\rX-B: c"] }],
  ["a NUL in a value", { headers: ["X-A", "b\0"] }],
  ["what has no byte of Latin-1 in a value", { headers: ["X-A", "\u010d\u010a"] }],
  ["a colon in a name", { headers: ["X-A: b\r\nX-B", "c"] }],
  ["a Host in a name", { headers: ["Host: b.test", ""] }],
  ["a blank in a name", { headers: ["X-A ", "c"] }],
  ["an empty name", { headers: ["", "c"] }],
  ["a CR LF in the host", { origin: { host: "a.test\r\nX-A: b", port: 443, secure: true } }],
  ["a blank in the path", { path: "/a HTTP/1.1\r\nX-A: b\r\n\r\nGET /admin" }],
  ["a CR LF in the path", { path: "/a\r\nX-A:b" }],
  ["a path beyond ASCII", { path: "/\xe9" }],
  ["a path without a slash", { path: "*" }],
  ["an absolute path", { path: "http://b.test/" }],
  ["an empty method", { method: "" }],
  ["a lower-case method", { method: "get" }],
  ["a method with a blank", { method: "GET /admin HTTP/1.1\r\nX:" }],
  ["CONNECT", { method: "CONNECT" }],
  ["a trailer's name that is none", { ...withBody, trailers: { announced: ["X-T\r\nX-A: b"], read: () => [] } }],
])("%s cannot be sent", (_, part) => {
  expect(writeHead({ ...plain, ...part })).toBeUndefined();
});

test("headers that come again are written anew as far as the rest of the request asks for it, and refused again", () => {
  const headers = Object.freeze(["X-A", "1", "Content-Length", "3"]);
  const post = { ...withBody, headers };
  for (let round = 0; round < 2; round += 1) {
    expect(writeHead(post)?.text).toBe("POST / HTTP/1.1\r\nHost: a.test\r\nX-A: 1\r\nContent-Length: 3\r\n\r\n");
    expect(writeHead({ ...post, path: "/b", origin: { host: "b.test", port: 443, secure: true } })?.text).toBe("POST /b HTTP/1.1\r\nHost: b.test\r\nX-A: 1\r\nContent-Length: 3\r\n\r\n");
    expect(writeHead({ ...post, trailers: { announced: ["X-T"], read: () => [] } })?.framing).toEqual({ kind: "chunked" });
    expect(writeHead({ ...post, body: null })).toBeUndefined();
    expect(writeHead({ ...post, headers: Object.freeze(["X-A", "b\r\nX-B: c"]) })).toBeUndefined();
  }
});
