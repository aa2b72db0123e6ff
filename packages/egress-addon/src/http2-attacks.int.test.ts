import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { allowed, evil, type Rig, startRig } from "./testing/rig.ts";
import { ask, openH2Socket, openSession } from "./testing/session-client.ts";
import { startSessionUpstream, type SessionUpstream } from "./testing/session-upstream.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";
import { block, flags, flood, frame, framesOf, frameTypes, preface } from "./testing/wire.ts";

// What a hostile client does with HTTP/2. After each attack the proxy serves the next client, and nothing reached an upstream.
checkLeaks();
let upstream: Upstream;
let modern: SessionUpstream;
let rig: Rig;

beforeAll(async () => {
  upstream = await startUpstream(allowed, (request, response) => void request.resume().once("end", () => response.end("alive")));
  modern = await startSessionUpstream("modern.test", (stream) => {
    stream.respond({ ":status": 200 });
    stream.end("alive");
  });
  rig = await startRig(upstream, {
    routes: [{ host: allowed, paths: ["/", "/ok/**"] }, { host: "modern.test" }],
    hosts: { [allowed]: upstream.address, [evil]: upstream.address, "modern.test": modern.address }, upstreamCas: [upstream.caCertificate, modern.caCertificate],
  });
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
  await modern[Symbol.asyncDispose]();
});
beforeEach(() => {
  upstream.requests.splice(0);
  modern.heads.splice(0);
});

async function isAlive(host = allowed): Promise<boolean> {
  const session = await openSession(rig, `${host}:443`);
  const { body } = await ask(session);
  session.close();
  return body === "alive";
}

const good = [[":method", "GET"], [":scheme", "https"], [":authority", allowed], [":path", "/"]] as const;
const replaced = (name: string, value: string): readonly (readonly [string, string])[] => good.map(([key, old]) => [key, key === name ? value : old]);

test.each([
  ["another authority", replaced(":authority", evil), "421 authority-mismatch"],
  ["another port", replaced(":authority", `${allowed}:444`), "421 authority-mismatch"],
  ["another Host beside it", [...good, ["host", evil]], "421 authority-mismatch"],
  ["a Host alone, of another", [...good.filter(([name]) => name !== ":authority"), ["host", evil]], "421 authority-mismatch"],
  ["a Host in another spelling", [...good, ["x-a", "b"], ["h_ost", evil]], "200"],
  ["http as its scheme", replaced(":scheme", "http"), "421 authority-mismatch"],
  ["the asterisk", [...replaced(":path", "*")].map(([name, value]) => [name, name === ":method" ? "OPTIONS" : value] as const), "400 request-target-form"],
  ["dot segments", replaced(":path", "/ok/../admin"), "403 path-ambiguous"],
  ["an encoded slash", replaced(":path", "/ok%2f..%2fadmin"), "403 path-ambiguous"],
  ["a fragment", replaced(":path", "/ok/#/../admin"), "403 path-ambiguous"],
  ["TRACE", replaced(":method", "TRACE"), "403 method-forbidden"],
  ["a method in lower case", replaced(":method", "get"), "403 method-forbidden"],
  ["a coding under another name", [...good, ["transfer_encoding", "chunked"]], "501 transfer-encoding"],
  ["a push to git", replaced(":path", "/ok/repo.git/info/refs?service=git-receive-pack"), "403 git-push"],
  ["an override of its method", [...good, ["x-http-method-override", "TRACE"]], "403 method-forbidden"],
] as const)("a stream with %s is answered by the same rules as HTTP/1.1, and recorded", async (_, fields, expected) => {
  const before = rig.events.length;
  const socket = await openH2Socket(rig, `${allowed}:443`);
  const frames = framesOf(socket);
  socket.write(Buffer.concat([preface, frame(frameTypes.headers, { stream: 1, flags: flags.endHeaders | flags.endStream, payload: block(fields) })]));
  await expect.poll(() => rig.events.length).toBe(before + 1);
  const event = rig.events.at(-1);
  expect(`${event?.status} ${event?.decision === "deny" ? event.reason : ""}`.trim()).toBe(expected);
  // A refusal is recorded as it is given, and may still be on its way.
  const isAnswered = await vi.waitUntil(() => frames.some(({ type, stream }) => type === frameTypes.headers && stream === 1)).catch(() => false);
  socket.destroy();
  expect(isAnswered).toBe(true);
  expect(upstream.requests.length).toBe(expected === "200" ? 1 : 0);
});

test.each([
  ["a name in upper case", [...good, ["X-A", "b"]]],
  ["a coding", [...good, ["transfer-encoding", "chunked"]]],
  ["a connection field", [...good, ["connection", "close"]]],
  ["an upgrade", [...good, ["upgrade", "websocket"]]],
  ["proxy-connection", [...good, ["proxy-connection", "keep-alive"]]],
  ["te that is not trailers", [...good, ["te", "gzip"]]],
  ["no valid authority", replaced(":authority", `a@${allowed}`)],
  ["two Hosts", [...good, ["host", allowed], ["host", evil]]],
  ["an absolute path", replaced(":path", `https://${evil}/`)],
  ["a space in its path", replaced(":path", "/ HTTP/1.1")],
  ["CR LF in its path", replaced(":path", "/ HTTP/1.1\r\nHost: evil.test\r\n\r\nGET /")],
  ["an empty path", replaced(":path", "")],
  ["a space in its method", replaced(":method", "GET /admin HTTP/1.1")],
  ["CR LF in its authority", replaced(":authority", `${allowed}\r\nx: y`)],
  ["no path", good.filter(([name]) => name !== ":path")],
  ["no method", good.filter(([name]) => name !== ":method")],
  ["no scheme", good.filter(([name]) => name !== ":scheme")],
  ["two paths", [...good, [":path", "/admin"]]],
  ["two authorities", [[":authority", evil], ...good]],
  ["a pseudo field after a field", [["x-a", "b"], ...good]],
  ["an unknown pseudo field", [...good, [":evil", "x"]]],
  ["an answer's pseudo field", [...good, [":status", "200"]]],
  ["extended CONNECT", [...replaced(":method", "CONNECT"), [":protocol", "websocket"]]],
  ["CONNECT", [[":method", "CONNECT"], [":authority", `${evil}:443`]]],
  ["two lengths", [...good, ["content-length", "1"], ["content-length", "2"]]],
  ["a length without a body", [...good, ["content-length", "5"]]],
  ["a signed length", [...good, ["content-length", "+1"]]],
] as const)("a stream with %s goes nowhere", async (_, fields) => {
  const socket = await openH2Socket(rig, `${allowed}:443`);
  const frames = framesOf(socket);
  socket.write(Buffer.concat([preface, frame(frameTypes.headers, { stream: 1, flags: flags.endHeaders | flags.endStream, payload: block(fields as readonly (readonly [string, string])[]) })]));
  await expect.poll(() => socket.destroyed || frames.some(({ type, stream }) => type === frameTypes.goaway || (stream === 1 && (type === frameTypes.reset || type === frameTypes.headers)))).toBe(true);
  const head = frames.find(({ type, stream }) => type === frameTypes.headers && stream === 1);
  // 0x88 is `:status: 200` in one byte (RFC 7541, appendix A).
  expect(head?.payload[0]).not.toBe(0x88);
  expect(upstream.requests).toEqual([]);
  socket.destroy();
});

test.each([
  ["CR LF in a value", "x-a", "b\r\nHost: evil.test"], ["LF in a value", "x-a", "b\nc"], ["NUL in a value", "x-a", "b\0c"], ["CR LF in a name", "x-a\r\nhost", "b"],
  ["a colon in a name", "x-a:b", "c"], ["a space in a name", "x a", "b"], ["an empty name", "", "b"],
])("a field with %s does not pass, whichever version the upstream speaks", async (_, name, value) => {
  for (const host of [allowed, "modern.test"]) {
    const socket = await openH2Socket(rig, `${host}:443`);
    const frames = framesOf(socket);
    const fields = good.map(([key, old]) => [key, key === ":authority" ? host : old] as const);
    socket.write(Buffer.concat([preface, frame(frameTypes.headers, { stream: 1, flags: flags.endHeaders | flags.endStream, payload: block([...fields, [name, value], ["x-last", "c"]]) })]));
    await expect.poll(() => frames.some(({ type, stream }) => stream === 1 && (type === frameTypes.reset || type === frameTypes.headers))).toBe(true);
    socket.destroy();
  }
  const arrived = [...upstream.requests.flatMap(({ rawHeaders }) => rawHeaders), ...modern.heads.flatMap((head) => Object.entries(head).flat())].join("\n");
  expect(arrived).not.toMatch(/evil|x.a|^b$/m);
});

test("the second stream is decided as strictly as the first", async () => {
  const session = await openSession(rig, `${allowed}:443`);
  expect((await ask(session)).status).toBe(200);
  expect((await ask(session, { ":authority": evil })).status).toBe(421);
  expect((await ask(session, { ":path": "/admin" })).status).toBe(403);
  expect((await ask(session)).status).toBe(200);
  expect(upstream.requests.map(({ url }) => url)).toEqual(["/", "/"]);
  session.close();
});

test("a body longer or shorter than its length reaches no upstream whole", async () => {
  const before = upstream.requests.length;
  for (const [announced, sent] of [["2", "abc"], ["5", "abc"]] as const) {
    const session = await openSession(rig, `${allowed}:443`);
    const { status } = await ask(session, { ":method": "POST", "content-length": announced }, sent);
    expect(status).not.toBe(200);
    session.close();
  }
  await expect.poll(() => upstream.requests.slice(before).every(({ complete }) => !complete)).toBe(true);
});

test.each<[string, Buffer | undefined]>([["a frame that breaks the protocol", frame(frameTypes.data, { stream: 99, payload: Buffer.from("x") })], ["garbage", Buffer.alloc(100, 0xff)], ["its end", undefined]])(
  "an upload that is cut by %s is not complete for the upstream, whichever version it speaks", async (_, bytes) => {
    const ends: boolean[] = [];
    await using old = await startUpstream(allowed, (request) => void request.resume().on("error", () => {}).once("close", () => ends.push(request.complete)));
    await using young = await startSessionUpstream(allowed, (stream) => void stream.resume().once("close", () => ends.push(stream.rstCode === 0)));
    for (const outside of [old, young]) {
      await using other = await startRig(outside, { routes: [{ host: allowed }] });
      const socket = await openH2Socket(other, `${allowed}:443`);
      framesOf(socket);
      const fields = good.map(([name, value]) => [name, name === ":method" ? "POST" : value] as const);
      socket.write(Buffer.concat([preface, frame(frameTypes.headers, { stream: 1, flags: flags.endHeaders, payload: block(fields) }), frame(frameTypes.data, { stream: 1, payload: Buffer.from("part\n") })]));
      await expect.poll(() => outside.requests.length + young.heads.length).toBe(1);
      if (bytes === undefined) socket.end();
      else socket.write(bytes);
      await expect.poll(() => ends).toEqual(outside === old ? [false] : [false, false]);
      socket.destroy();
    }
  });

test("a body that looks like a request stays a body for an upstream of HTTP/1.1", async () => {
  const session = await openSession(rig, `${allowed}:443`);
  const inner = `0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`;
  expect((await ask(session, { ":method": "POST" }, inner)).status).toBe(200);
  expect((await ask(session, { ":method": "POST", "content-length": String(inner.length) }, inner)).status).toBe(200);
  expect(upstream.requests.map(({ method, url }) => `${method} ${url}`)).toEqual(["POST /", "POST /"]);
  session.close();
});

const headers = (stream: number, end = true): Buffer => frame(frameTypes.headers, { stream, flags: flags.endHeaders | (end ? flags.endStream : 0), payload: block(good) });
const reset = (stream: number): Buffer => frame(frameTypes.reset, { stream, payload: Buffer.from([0, 0, 0, 8]) });

test.each<[string, (index: number) => Buffer, number]>([
  ["streams opened and reset at once", (index) => Buffer.concat([headers(index * 2 + 1), reset(index * 2 + 1)]), 5_000],
  ["PINGs", () => frame(frameTypes.ping, { payload: Buffer.alloc(8) }), 20_000],
  ["SETTINGS", () => frame(frameTypes.settings, { payload: Buffer.from([0, 3, 0, 0, 0, 100]) }), 20_000],
  ["empty DATA", (index) => index === 0 ? headers(1, false) : frame(frameTypes.data, { stream: 1 }), 20_000],
  ["streams over the limit", (index) => headers(index * 2 + 1, false), 5_000],
  ["CONTINUATION without an end", (index) => index === 0
    ? Buffer.concat([frame(frameTypes.headers, { stream: 1, flags: flags.endStream, payload: block(good) })])
    : frame(frameTypes.continuation, { stream: 1, payload: block([["x-a", "y".repeat(1_000)]]) }), 20_000],
  ["frames of another type inside a header block", (index) => index === 0 ? frame(frameTypes.headers, { stream: 1, payload: block(good) }) : frame(frameTypes.ping, { payload: Buffer.alloc(8) }), 10],
  ["garbage", () => Buffer.alloc(1_000, 0xff), 10],
])("a flood of %s ends the connection, and others go on", async (_, bytes, count) => {
  const socket = await openH2Socket(rig, `${allowed}:443`);
  framesOf(socket);
  socket.write(preface);
  expect(await flood(socket, bytes, count)).toBe(true);
  socket.destroy();
  expect(await isAlive()).toBe(true);
  await expect.poll(() => rig.proxy.stats().active).toBe(0);
});

test("a header list that is too long, or has too many fields, is refused and not kept", async () => {
  const lists = [Array.from({ length: 900 }, (_, at) => [`x-${at}`, "y"] as const), Array.from({ length: 5 }, (_, at) => [`x-${at}`, "y".repeat(15_000)] as const)];
  const socket = await openH2Socket(rig, `${allowed}:443`);
  const frames = framesOf(socket);
  socket.write(preface);
  for (const [index, list] of lists.entries()) {
    const bytes = block([...good, ...list]);
    const parts = Array.from({ length: Math.ceil(bytes.length / 16_000) }, (_, at) => bytes.subarray(at * 16_000, (at + 1) * 16_000));
    for (const [at, payload] of parts.entries()) {
      const end = at === parts.length - 1 ? flags.endHeaders : 0;
      socket.write(at === 0 ? frame(frameTypes.headers, { stream: index * 2 + 1, flags: flags.endStream | end, payload }) : frame(frameTypes.continuation, { stream: index * 2 + 1, flags: end, payload }));
    }
  }
  // 0xb: ENHANCE_YOUR_CALM (RFC 9113 7).
  await expect.poll(() => frames.some(({ type, stream, payload }) => type === frameTypes.reset && stream === 1 && payload[3] === 0xb)).toBe(true);
  await expect.poll(() => rig.events.at(-1)).toMatchObject({ decision: "deny", reason: "request-too-large", status: 431 });
  expect(upstream.requests).toEqual([]);
  socket.destroy();
});

test("a stream reset at once, again and again, does not reach an upstream of HTTP/2 without end", async () => {
  const socket = await openH2Socket(rig, "modern.test:443");
  framesOf(socket);
  socket.write(preface);
  const fields = good.map(([name, value]) => [name, name === ":authority" ? "modern.test" : value] as const);
  const one = (index: number): Buffer => Buffer.concat([frame(frameTypes.headers, { stream: index * 2 + 1, flags: flags.endHeaders | flags.endStream, payload: block(fields) }), reset(index * 2 + 1)]);
  expect(await flood(socket, one, 5_000)).toBe(true);
  socket.destroy();
  expect(modern.heads.length).toBeLessThan(1_000);
  expect(await isAlive("modern.test")).toBe(true);
});

test("PRIORITY frames and unknown ones are ignored", async () => {
  const socket = await openH2Socket(rig, `${allowed}:443`);
  const frames = framesOf(socket);
  const odd = Array.from({ length: 200 }, (_, index) => Buffer.concat([frame(frameTypes.priority, { stream: index * 2 + 1, payload: Buffer.from([0, 0, 0, 0, 16]) }), frame(0x42, { payload: Buffer.from("x") })]));
  socket.write(Buffer.concat([preface, ...odd, headers(401)]));
  await expect.poll(() => frames.some(({ type, stream }) => type === frameTypes.data && stream === 401)).toBe(true);
  socket.destroy();
});

test("a session without a request, or stuck in a header block, is closed in the head's time", async () => {
  await using hasty = await startRig(upstream, { timeouts: { headMs: 300 } });
  for (const bytes of [Buffer.alloc(0), preface, Buffer.concat([preface, frame(frameTypes.headers, { stream: 1, payload: block(good) })])]) {
    const socket = await openH2Socket(hasty, `${allowed}:443`);
    framesOf(socket);
    if (bytes.length > 0) socket.write(bytes);
    const closed = once(socket, "close");
    await Promise.race([closed, sleep(5_000).then(() => Promise.reject(new Error("still open")))]);
  }
});

test("a client that closes at every point of its connection is survived", async () => {
  const whole = Buffer.concat([preface, headers(1, false), frame(frameTypes.data, { stream: 1, payload: Buffer.from("abc") }), headers(3)]);
  for (let at = 1; at < whole.length; at += 7) {
    const socket = await openH2Socket(rig, `${allowed}:443`);
    framesOf(socket);
    socket.write(whole.subarray(0, at));
    if (at % 2 === 0) await sleep(5);
    socket.destroy();
  }
  expect(await isAlive()).toBe(true);
  await expect.poll(() => rig.proxy.stats()).toMatchObject({ active: 0, connections: 0 });
});
