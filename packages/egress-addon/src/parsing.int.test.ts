import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { openTls, say } from "./testing/raw-client.ts";
import { allowed, type Rig, startRig } from "./testing/rig.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";

// Requests that servers read differently. What is refused is answered and closed, and nothing of it reaches the upstream.
checkLeaks();
let upstream: Upstream;
let rig: Rig;

beforeAll(async () => {
  upstream = await startUpstream(allowed, (request, response) => void request.resume().once("end", () => response.end("fine")));
  rig = await startRig(upstream, { routes: [{ host: allowed, paths: ["/", "/ok/**"] }] });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});
beforeEach(() => void upstream.requests.splice(0));

const head = `Host: ${allowed}\r\n`;
test.each([
  ["length and chunks", `POST / HTTP/1.1\r\n${head}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ["an unknown coding", `POST / HTTP/1.1\r\n${head}Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n`],
  ["chunked before identity", `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`],
  ["identity with a length", `POST / HTTP/1.1\r\n${head}Transfer-Encoding: identity\r\nContent-Length: 3\r\n\r\nabc`],
  ["gzip before chunked", `POST / HTTP/1.1\r\n${head}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ["two codings in two headers", `POST / HTTP/1.1\r\n${head}Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ["two lengths", `POST / HTTP/1.1\r\n${head}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`],
  ["a signed length", `POST / HTTP/1.1\r\n${head}Content-Length: +3\r\n\r\nabc`],
  ["a list of lengths", `POST / HTTP/1.1\r\n${head}Content-Length: 3, 3\r\n\r\nabc`],
  ["a hexadecimal length", `POST / HTTP/1.1\r\n${head}Content-Length: 0x3\r\n\r\nabc`],
  ["a space before the colon", `POST / HTTP/1.1\r\n${head}Content-Length : 3\r\n\r\nabc`],
  ["a folded header", `GET / HTTP/1.1\r\n${head}X-A: b\r\n c\r\n\r\n`],
  ["bare line feeds", `GET / HTTP/1.1\n${head.replace("\r", "")}\n`],
  ["a NUL in a value", `GET / HTTP/1.1\r\n${head}X-A: a\0b\r\n\r\n`],
  ["a CR in a value", `GET / HTTP/1.1\r\n${head}X-A: a\rb\r\n\r\n`],
  ["a header without a name", `GET / HTTP/1.1\r\n${head}: b\r\n\r\n`],
  ["no version", `GET /\r\n${head}\r\n`],
  ["another version", `GET / HTTP/3.7\r\n${head}\r\n`],
  ["a backslash", `GET /ok\\..\\admin HTTP/1.1\r\n${head}\r\n`],
  ["dot segments", `GET /ok/../admin HTTP/1.1\r\n${head}\r\n`],
  ["encoded dot segments", `GET /ok/%2e%2E/admin HTTP/1.1\r\n${head}\r\n`],
  ["twice encoded dot segments", `GET /ok/%252e%252e/admin HTTP/1.1\r\n${head}\r\n`],
  ["an encoded slash", `GET /ok%2fadmin%2f..%2f HTTP/1.1\r\n${head}\r\n`],
  ["an empty first segment", `GET //ok/admin HTTP/1.1\r\n${head}\r\n`],
  ["a fragment", `GET /ok/#/../admin HTTP/1.1\r\n${head}\r\n`],
  ["parameters on dots", `GET /ok/..;/admin HTTP/1.1\r\n${head}\r\n`],
  ["the asterisk", `OPTIONS * HTTP/1.1\r\n${head}\r\n`],
  ["TRACE", `TRACE / HTTP/1.1\r\n${head}\r\n`],
])("%s: refused", async (_, request) => {
  const socket = await openTls(rig, `${allowed}:443`);
  const { text } = await say(socket, request, { until: /\r\n\r\n[^]*\n$/, forMs: 3_000 });
  expect(text).toMatch(/^HTTP\/1\.1 (?:4\d\d|501) [^]*"layer":/);
  socket.destroy();
  expect(upstream.requests).toEqual([]);
});

test("a body that turns out malformed cuts the request it belongs to", async () => {
  const socket = await openTls(rig, `${allowed}:443`);
  const { isClosed } = await say(socket, `POST / HTTP/1.1\r\n${head}Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\n${head}\r\n`);
  expect(isClosed).toBe(true);
  expect(upstream.requests.filter(({ url, complete }) => complete || url !== "/")).toEqual([]);
  socket.destroy();
});

test("a body that looks like a request stays a body", async () => {
  const socket = await openTls(rig, `${allowed}:443`);
  const inner = `GET /smuggled HTTP/1.1\r\n${head}\r\n`;
  const { text } = await say(socket, `GET / HTTP/1.1\r\n${head}Content-Length: ${inner.length}\r\n\r\n${inner}`, { until: /fine/ });
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
  expect(upstream.requests.map(({ method, url }) => `${method} ${url}`)).toEqual(["GET /"]);
  socket.destroy();
});

test("an upgrade to h2c is served as if it had not been asked for", async () => {
  const socket = await openTls(rig, `${allowed}:443`);
  const { text } = await say(socket, `GET / HTTP/1.1\r\n${head}Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n\r\n`, { until: /fine/ });
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
  expect(upstream.requests[0]?.rawHeaders.join()).not.toMatch(/h2c|http2-settings/i);
  socket.destroy();
});

test("a method override is decided as the method it names", async () => {
  await using narrow = await startRig(upstream, { routes: [{ host: allowed, methods: ["GET", "POST"] }] });
  const socket = await openTls(narrow, `${allowed}:443`);
  const ask = async (extra: string, target = "/"): Promise<string> => (await say(socket, `POST ${target} HTTP/1.1\r\n${head}${extra}Content-Length: 0\r\n\r\n`, { until: /fine|\}\n/ })).text.slice(9, 12);
  expect([await ask("X-HTTP-Method-Override: GET\r\n"), await ask("X-HTTP-Method-Override: DELETE\r\n"), await ask("x_method_override: delete\r\n"), await ask("", "/?_method=DELETE")])
    .toEqual(["200", "403", "403", "403"]);
  socket.destroy();
});

test.each([
  ["no Host", "GET / HTTP/1.1\r\n\r\n"], ["an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n"], ["no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n"],
])("%s: the refusal is ours, and recorded", async (_, request) => {
  const before = rig.events.length;
  const socket = await openTls(rig, `${allowed}:443`);
  expect((await say(socket, request, { until: /\}\n/, forMs: 3_000 })).text).toMatch(/^HTTP\/1\.1 400 [^]*"reason":"request-host-header"/);
  await expect.poll(() => rig.events.slice(before)).toMatchObject([{ decision: "deny", reason: "request-host-header" }]);
  socket.destroy();
});

test("an expectation that is not known is decided like any request, and not passed on", async () => {
  const socket = await openTls(rig, `${allowed}:443`);
  expect((await say(socket, `GET / HTTP/1.1\r\n${head}Expect: something\r\n\r\n`, { until: /fine/, forMs: 3_000 })).text).toMatch(/^HTTP\/1\.1 200 /);
  expect(upstream.requests[0]?.headers.expect).toBeUndefined();
  socket.destroy();
});
