import { text as readText } from "node:stream/consumers";
import { expect, test } from "vitest";
import { createPlaceholder } from "./credentials/placeholder/create-placeholder.ts";
import type { EgressRoute, RouteAuth } from "./policy/model.ts";
import { checkLeaks } from "./testing/leaks.ts";
import { dialProxy, openTls, say } from "./testing/raw-client.ts";
import { allowed, evil, type Rig, secret, startRig } from "./testing/rig.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";

checkLeaks();
const mine = createPlaceholder();
const other = createPlaceholder();
const placeholders = { T: mine, U: other };
const auth: RouteAuth = { scheme: "placeholder", tokenRef: "T" };
const everywhere: RouteAuth = { ...auth, in: ["header", "url", "body"] };
const base64 = (plain: string): string => Buffer.from(plain).toString("base64");

const send = async (rig: Rig, request: { readonly host?: string; readonly path?: string; readonly headers?: string; readonly body?: string; readonly method?: string }): Promise<string> => {
  const { host = allowed, path = "/", headers = "", body, method = body === undefined ? "GET" : "POST" } = request;
  const socket = await openTls(rig, `${host}:443`);
  const length = body === undefined || /transfer-encoding/i.test(headers) ? "" : `Content-Length: ${Buffer.byteLength(body)}\r\n`;
  const { text } = await say(socket, `${method} ${path} HTTP/1.1\r\nHost: ${host}\r\n${headers}${length}Connection: close\r\n\r\n${body ?? ""}`);
  socket.destroy();
  return text;
};

/** An upstream that keeps bodies and answers with everything it saw. */
const startEcho = async (host = allowed): Promise<Upstream & { readonly bodies: string[] }> => {
  const bodies: string[] = [];
  const upstream = await startUpstream(host, (request, response) => {
    readText(request).then((body) => {
      bodies.push(body);
      response.setHeader("location", request.url ?? "");
      response.end(`${request.url}|${request.rawHeaders.join("|")}|${body}`);
    }, () => response.destroy());
  });
  return Object.assign(upstream, { bodies });
};
const startWith = (upstream: Upstream, routes: readonly EgressRoute[], options: Parameters<typeof startRig>[1] = {}): Promise<Rig> => startRig(upstream, { routes, placeholders, ...options });

test("a placeholder is replaced in headers, in Basic credentials, in the path and in the query", async () => {
  await using upstream = await startEcho();
  await using rig = await startWith(upstream, [{ host: allowed, auth, paths: ["/bot*/send"] }]);
  const text = await send(rig, { path: `/bot${mine}/send?k=${mine}&l=%62${mine.slice(1)}`, headers: `Authorization: Basic ${base64(`user:${mine}`)}\r\nX-Mine: a ${mine} b\r\nCookie: c=${mine}\r\n` });
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
  const [request] = upstream.requests;
  expect(request?.url).toBe(`/bot${secret}/send?k=${secret}&l=${secret}`);
  expect(request?.headers).toMatchObject({ "authorization": `Basic ${base64(`user:${secret}`)}`, "x-mine": `a ${secret} b`, "cookie": `c=${secret}` });
  expect(text).not.toContain(secret);
  expect(rig.events).toMatchObject([{ decision: "allow", tokenRef: "T", path: `/bot${mine}/send` }]);
  expect(JSON.stringify(rig.events)).not.toContain(secret);
});

const foreign: readonly (readonly [string, Parameters<typeof send>[1]])[] = [
  ["URL", { path: `/${mine}` }], ["query", { path: `/?a=${mine}` }], ["header", { headers: `X-A: ${mine}\r\n` }], ["bearer", { headers: `Authorization: Bearer ${mine}\r\n` }],
  ["Basic credentials", { headers: `Authorization: Basic ${base64(`u:${mine}`)}\r\n` }], ["base64 in a header", { headers: `X-A: ${base64(`xx${mine}`)}\r\n` }],
  ["hex in the URL", { path: `/${Buffer.from(mine).toString("hex")}` }], ["two halves in two headers", { headers: `X-A: ${mine.slice(0, 20)}\r\nX-B: ${mine.slice(20)}\r\n` }],
  ["body", { body: `a=${mine}` }], ["body in base64", { body: base64(`x${mine}x`) }], ["chunked body", { body: `5\r\n${mine.slice(0, 5)}\r\n${(mine.length - 5).toString(16)}\r\n${mine.slice(5)}\r\n0\r\n\r\n`, headers: "Transfer-Encoding: chunked\r\n" }],
];

test.each(foreign)("sent to another host, in its %s, it is refused with an alarm, and nothing of it arrives", async (_, request) => {
  await using upstream = await startEcho(evil);
  await using rig = await startWith(upstream, [{ host: allowed, auth }, { host: evil }]);
  expect(await send(rig, { ...request, host: evil })).toMatch(/^HTTP\/1\.1 403 [^]*"reason":"placeholder-misused"/);
  expect(rig.events).toMatchObject([{ decision: "deny", layer: "credential", reason: "placeholder-misused", alarm: true, host: evil }]);
  expect(upstream.bodies.join()).not.toContain(mine);
});

test.each(foreign.slice(0, 8))("sent to a host without a route, in its %s, it is an alarm too", async (_, request) => {
  await using upstream = await startEcho(evil);
  await using rig = await startWith(upstream, [{ host: allowed, auth }, { host: evil, methods: ["PUT"] }]);
  await send(rig, { ...request, host: evil });
  expect(rig.events).toMatchObject([{ decision: "deny", reason: "placeholder-misused", alarm: true }]);
  expect(upstream.requests).toEqual([]);
});

test.each([
  ["name", `${mine}.evil.test:443`, ""], ["headers", "evil.test:443", `X-A: ${mine}\r\n`],
])("in a CONNECT's %s it is an alarm, even where the tunnel would be allowed", async (_, authority, headers) => {
  await using upstream = await startEcho();
  await using rig = await startWith(upstream, [{ host: "evil.test" }, { host: "*.evil.test" }]);
  const socket = await dialProxy(rig);
  const { text } = await say(socket, `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n${headers}\r\n`);
  expect(text).toMatch(/^HTTP\/1\.1 403 [^]*"reason":"placeholder-misused"/);
  expect(rig.events).toMatchObject([{ method: "CONNECT", reason: "placeholder-misused", alarm: true }]);
  socket.destroy();
});

test.each<[string, RouteAuth | undefined, Parameters<typeof send>[1]]>([
  ["another route of the host", undefined, { headers: `X-A: ${mine}\r\n` }],
  ["a route with another credential", { scheme: "bearer", tokenRef: "U" }, { headers: `Authorization: Bearer ${mine}\r\n` }],
  ["a route that uses it otherwise, where it would stay", { scheme: "bearer", tokenRef: "T" }, { headers: `X-A: ${mine}\r\n` }],
  ["its own route, beside another's placeholder", auth, { headers: `X-A: ${mine}\r\nX-B: ${other}\r\n` }],
  ["its own route, in hex", auth, { headers: `X-A: ${Buffer.from(mine).toString("hex")}\r\n` }],
  ["its own route, twice encoded", auth, { path: `/?a=%25${mine.charCodeAt(0).toString(16)}${mine.slice(1)}` }],
  ["its own route, in a part that is not allowed", { ...auth, in: ["url"] }, { headers: `X-A: ${mine}\r\n` }],
  ["its own route, in the URL where only headers are", { ...auth, in: ["header"] }, { path: `/${mine}` }],
  ["its own route, in a body that was not asked for", auth, { body: mine }],
  ["its own route, in a body that cannot be read", everywhere, { body: `x${mine}`, headers: "Content-Type: application/octet-stream\r\n" }],
  ["its own route, in a body that says it is compressed", everywhere, { body: `x${mine}`, headers: "Content-Type: text/plain\r\nContent-Encoding: gzip\r\n" }],
  ["its own route, in base64 in a body", everywhere, { body: base64(mine), headers: "Content-Type: text/plain\r\n" }],
])("on %s it is refused with an alarm", async (_, given, request) => {
  await using upstream = await startEcho();
  await using rig = await startWith(upstream, [{ host: allowed, dlp: "off", ...(given && { auth: given }) }]);
  expect(await send(rig, request)).toMatch(/^HTTP\/1\.1 403 [^]*"reason":"placeholder-misused"/);
  expect(rig.events).toMatchObject([{ reason: "placeholder-misused", alarm: true }]);
  expect(upstream.bodies).toEqual([]);
});

test("on a route that puts the same credential in itself, the placeholder in its place is only taken out", async () => {
  await using upstream = await startEcho();
  await using rig = await startWith(upstream, [{ host: allowed, auth: { scheme: "bearer", tokenRef: "T" } }]);
  await send(rig, { headers: `Authorization: Bearer ${mine}\r\n` });
  expect(upstream.requests[0]?.headers.authorization).toBe(`Bearer ${secret}`);
});

test("a method or path that its own host does not allow is a plain miss, not an alarm", async () => {
  await using upstream = await startEcho();
  await using rig = await startWith(upstream, [{ host: allowed, auth, methods: ["POST"] }]);
  expect(await send(rig, { headers: `X-A: ${mine}\r\n` })).toContain("\"reason\":\"method-not-allowed\"");
  expect(rig.events[0]).not.toHaveProperty("alarm");
});

test.each<[string, string, string, string]>([
  ["application/json", `{"a":"${mine}","b":"x"}`, "a\"b\\c/0123", "{\"a\":\"a\\\"b\\\\c/0123\",\"b\":\"x\"}"],
  ["application/x-www-form-urlencoded", `a=${mine}&b=c`, "a&b=c d+e", "a=a%26b%3Dc+d%2Be&b=c"],
  ["text/plain", `${mine}${mine}`, secret, `${secret}${secret}`],
])("in a body of type %s the value is escaped, and the length is right", async (type, body, value, expected) => {
  await using upstream = await startEcho();
  await using rig = await startWith(upstream, [{ host: allowed, auth: everywhere }], { tokens: () => value });
  expect(await send(rig, { body, headers: `Content-Type: ${type}\r\n` })).toMatch(/^HTTP\/1\.1 200 /);
  expect(upstream.bodies).toEqual([expected]);
  expect(upstream.requests[0]?.headers["content-length"]).toBe(String(expected.length));
});

test("a long body is replaced as it streams, over the borders of chunks, without a length", async () => {
  await using upstream = await startEcho();
  await using rig = await startWith(upstream, [{ host: allowed, auth: everywhere }]);
  const body = `${"x".repeat(300_000)}${mine}${"y".repeat(70_000)}${mine}`;
  expect(await send(rig, { body, headers: "Content-Type: text/plain\r\n" })).toMatch(/^HTTP\/1\.1 200 /);
  expect(upstream.bodies).toEqual([body.replaceAll(mine, secret)]);
  expect(upstream.requests[0]?.headers).toMatchObject({ "transfer-encoding": "chunked" });
});

test("a misuse deep in a streamed body cuts it before the placeholder", async () => {
  const seen: Buffer[] = [];
  await using upstream = await startUpstream(evil, (request, response) => {
    request.on("data", (chunk: Buffer) => seen.push(chunk)).on("error", () => response.destroy()).on("end", () => response.end("whole"));
  });
  await using rig = await startWith(upstream, [{ host: evil }]);
  const text = await send(rig, { host: evil, body: `${"x".repeat(500_000)}${mine}${"y".repeat(1_000)}` });
  expect(text).not.toContain("whole");
  expect(Buffer.concat(seen).includes(mine.slice(0, 12))).toBe(false);
  expect(rig.events).toMatchObject([{ reason: "placeholder-misused", alarm: true }]);
});

test.each(["tok/en:with+every=thing&0123", "123456:AAH-bot_token0123", "p%41th;semi~0123"])("the value %j, replaced in a path, does not come back in Location or anywhere else", async (value) => {
  await using upstream = await startEcho();
  await using rig = await startWith(upstream, [{ host: allowed, auth, paths: ["/**"] }], { tokens: () => value });
  const text = await send(rig, { path: `/${mine}?q=${mine}`, headers: `X-A: ${mine}\r\n` });
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
  expect(decodeURIComponent(upstream.requests[0]?.url ?? "")).toBe(`/${value}?q=${value}`);
  expect(text).not.toContain(value);
  expect(decodeURIComponent(text.replaceAll(/%(?![0-9a-f]{2})/gi, "%25"))).not.toContain(value);
});

test.each([
  ["two dots", ".."], ["a dot before the agent's", "."], ["a slash that leaves the pattern", "a/b"], ["a backslash", "a\\b"], ["an encoded slash", "a%2Fb"],
])("a value with %s does not change what the path means: it is refused", async (_, value) => {
  await using upstream = await startEcho();
  await using rig = await startWith(upstream, [{ host: allowed, auth, paths: ["/x/*/y"] }], { tokens: () => value });
  const dot = value === "." ? "." : "";
  expect(await send(rig, { path: `/x/${dot}${mine}/y` })).toContain("\"reason\":\"credential-invalid\"");
  expect(upstream.requests).toEqual([]);
});

test("beside a guess at the value, what is held back of the answer tells nothing of it", async () => {
  let release = (): void => {};
  await using upstream = await startUpstream(allowed, (request, response) => {
    response.write(`${"x".repeat(600)}${new URL(request.url ?? "", "http://a/").searchParams.get("guess") ?? ""}`);
    release = () => response.end("rest");
  });
  await using rig = await startWith(upstream, [{ host: allowed, auth }]);
  const first = async (guess: string): Promise<string> => {
    const socket = await openTls(rig, `${allowed}:443`);
    const { text } = await say(socket, `GET /?guess=${guess} HTTP/1.1\r\nHost: ${allowed}\r\nX-A: ${mine}\r\n\r\n`, { until: /x{400}/ });
    const { text: late } = await say(socket, "", { forMs: 300 });
    release();
    socket.destroy();
    return (text + late).replace(/^[^]*?\r\n\r\n/, "").replaceAll(/[^x\r\n]/g, "?");
  };
  expect(await first(secret.slice(0, 10))).toBe(await first("z".repeat(10)));
});

test("a WebSocket's handshake has the value, and an answer to it does not give it back", async () => {
  const seen: (string | undefined)[] = [];
  await using upstream = await startUpstream(allowed, (_request, response) => response.end(), (request, socket) => {
    seen.push(request.url, request.headers["sec-websocket-protocol"]);
    socket.end(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Protocol: ${request.headers["sec-websocket-protocol"]}\r\n\r\n`);
  });
  await using rig = await startWith(upstream, [{ host: allowed, auth }]);
  const socket = await openTls(rig, `${allowed}:443`);
  const ask = `GET /?token=${mine} HTTP/1.1\r\nHost: ${allowed}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: ${mine}\r\n\r\n`;
  const { text } = await say(socket, ask);
  socket.destroy();
  expect(seen).toEqual([`/?token=${secret}`, secret]);
  expect(text).toMatch(/^HTTP\/1\.1 101 /);
  expect(text).not.toContain(secret);
});

test("a route whose credential has no placeholder is refused, at the start and on reload", async () => {
  await using upstream = await startEcho();
  const routes: readonly EgressRoute[] = [{ host: allowed, auth: { scheme: "placeholder", tokenRef: "NONE" } }];
  const problem = "The policy was refused: allowed.test: there is no placeholder for \"NONE\".";
  await expect(startWith(upstream, routes)).rejects.toMatchObject({ code: "policy-invalid", message: problem });
  await using rig = await startWith(upstream, [{ host: allowed }]);
  expect(() => rig.proxy.reload({ routes })).toThrow(problem);
  expect(rig.proxy.generation).toBe(1);
});
