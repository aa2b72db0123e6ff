import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { allowed, startRig } from "./testing/rig.ts";
import { ask, hear, openSession } from "./testing/session-client.ts";
import { startSessionUpstream } from "./testing/session-upstream.ts";
import { flags, frame, frameTypes } from "./testing/wire.ts";

// What a broken or hostile upstream does with HTTP/2.
checkLeaks();

test("an upstream that leaves (GOAWAY) finishes what is under way, and the next request gets a new connection", async () => {
  await using upstream = await startSessionUpstream(allowed, (stream, headers) => {
    stream.respond({ ":status": 200 });
    if (headers[":path"] !== "/slow") return void stream.end("fine");
    stream.write("part ");
    stream.session?.close();
    setTimeout(() => stream.end("whole"), 200);
  });
  await using rig = await startRig(upstream, { routes: [{ host: allowed }] });
  const session = await openSession(rig, `${allowed}:443`);
  const slow = ask(session, { ":path": "/slow" });
  await expect.poll(() => upstream.heads.length, { timeout: 5_000 }).toBe(1);
  await sleep(50);
  expect(await ask(session)).toMatchObject({ status: 200, body: "fine" });
  expect(upstream.sockets.size).toBe(2);
  expect(await slow).toMatchObject({ status: 200, body: "part whole", code: 0 });
  session.close();
});

test("an upstream that leaves with an error cuts what is under way, and the next request gets a new connection", async () => {
  let isFirst = true;
  await using upstream = await startSessionUpstream(allowed, (stream) => {
    stream.respond({ ":status": 200 }, { waitForTrailers: true });
    stream.once("wantTrailers", () => stream.sendTrailers({}));
    stream.write("part");
    if (isFirst) setTimeout(() => stream.session?.goaway(2), 50);
    else stream.end();
    isFirst = false;
  });
  await using rig = await startRig(upstream, { routes: [{ host: allowed }] });
  const session = await openSession(rig, `${allowed}:443`);
  const cut = await ask(session);
  expect(cut).toMatchObject({ status: 200, body: "part" });
  expect(cut.code).not.toBe(0);
  expect(await ask(session)).toMatchObject({ status: 200, body: "part", code: 0 });
  session.close();
});

test("a stream that the upstream refuses unread is sent once more, if it had no body", async () => {
  let seen = 0;
  await using upstream = await startSessionUpstream(allowed, (stream) => {
    seen += 1;
    // REFUSED_STREAM (RFC 9113 8.7).
    if (seen === 1) return stream.close(0x7);
    stream.respond({ ":status": 200 });
    stream.end("fine");
  });
  await using rig = await startRig(upstream, { routes: [{ host: allowed }] });
  const session = await openSession(rig, `${allowed}:443`);
  expect(await ask(session)).toMatchObject({ status: 200, body: "fine" });
  seen = 0;
  expect(await ask(session, { ":method": "POST" }, "abc")).toMatchObject({ status: 502 });
  expect(seen).toBe(1);
  session.close();
});

test("an upstream that takes one stream at a time gets more connections, and every request its own answer", async () => {
  await using upstream = await startSessionUpstream(allowed, (stream, headers) => {
    setTimeout(() => {
      if (stream.destroyed) return;
      stream.respond({ ":status": 200 });
      stream.end(String(headers[":path"]));
    }, 20);
  }, { settings: { maxConcurrentStreams: 1 } });
  await using rig = await startRig(upstream, { routes: [{ host: allowed }] });
  const session = await openSession(rig, `${allowed}:443`);
  await ask(session);
  const answers = await Promise.all(Array.from({ length: 60 }, (_, index) => ask(session, { ":path": `/${index}` })));
  expect(answers.map(({ body }) => body)).toEqual(answers.map((_, index) => `/${index}`));
  expect(upstream.sockets.size).toBeGreaterThan(1);
  expect(upstream.sockets.size).toBeLessThanOrEqual(16);
  session.close();
});

test("an upstream that accepts and says nothing is given up", async () => {
  await using upstream = await startSessionUpstream(allowed, () => {});
  await using rig = await startRig(upstream, { timeouts: { answerMs: 300 } });
  const session = await openSession(rig, `${allowed}:443`);
  expect(await ask(session)).toMatchObject({ status: 504, headers: { "x-bottle-block-reason": "upstream-timeout" } });
  session.close();
});

test("an answer cut by the connection's end is not passed off as whole", async () => {
  await using upstream = await startSessionUpstream(allowed, (stream) => {
    stream.respond({ ":status": 200 });
    stream.write("part");
    setTimeout(() => stream.session?.socket.destroy(), 50);
  });
  await using rig = await startRig(upstream, { routes: [{ host: allowed }] });
  const session = await openSession(rig, `${allowed}:443`);
  const { body, code } = await ask(session);
  expect(body).toBe("part");
  expect(code).not.toBe(0);
  session.close();
});

test("a push is not taken, and informational answers are not passed on", async () => {
  await using upstream = await startSessionUpstream(allowed, (stream) => {
    stream.additionalHeaders({ ":status": 103, "link": "</x>" });
    expect(stream.pushAllowed).toBe(false);
    stream.respond({ ":status": 200, "x-bottle-block-reason": "no" });
    stream.end("fine");
  });
  await using rig = await startRig(upstream, { routes: [{ host: allowed }] });
  const session = await openSession(rig, `${allowed}:443`);
  const stream = session.request({ ":path": "/" });
  let informational = 0;
  stream.on("headers", () => void (informational += 1));
  expect(await hear(stream)).toMatchObject({ status: 200, body: "fine" });
  expect(informational).toBe(0);
  session.close();
});

test.each([
  ["a status of 599", { ":status": 599 }, 599],
  ["no content", { ":status": 204 }, 204],
  ["a head for HEAD", { ":status": 200, "content-length": "5" }, 200],
])("%s passes without a body", async (_, head, status) => {
  await using upstream = await startSessionUpstream(allowed, (stream) => stream.respond(head, { endStream: true }));
  await using rig = await startRig(upstream, { routes: [{ host: allowed }] });
  const session = await openSession(rig, `${allowed}:443`);
  expect(await ask(session, { ":method": "HEAD" })).toMatchObject({ status, body: "", code: 0 });
  session.close();
});

const settings = frame(frameTypes.settings);
const fields = (bytes: string): Buffer => frame(frameTypes.headers, { stream: 1, flags: flags.endHeaders, payload: Buffer.from(bytes, "hex") });
test.each<[string, Buffer]>([
  ["nothing of HTTP/2", Buffer.from("HTTP/1.1 200 OK\r\n\r\n")],
  ["a header block that cannot be decoded", Buffer.concat([settings, fields("ffffffffff")])],
  ["a status that is none", Buffer.concat([settings, fields("0007" + Buffer.from(":status").toString("hex") + "03" + Buffer.from("abc").toString("hex"))])],
  ["a status of 999", Buffer.concat([settings, fields("0007" + Buffer.from(":status").toString("hex") + "03" + Buffer.from("999").toString("hex"))])],
  ["DATA before its head", Buffer.concat([settings, frame(frameTypes.data, { stream: 1, payload: Buffer.from("x") })])],
  ["DATA on a stream that nobody opened", Buffer.concat([settings, frame(frameTypes.data, { stream: 7, payload: Buffer.from("x") })])],
  ["a frame larger than allowed", Buffer.concat([settings, frame(frameTypes.data, { stream: 1, payload: Buffer.alloc(70_000) })])],
  ["a push promise", Buffer.concat([settings, frame(5, { stream: 1, flags: flags.endHeaders, payload: Buffer.from([0, 0, 0, 2, 0x82]) })])],
  ["an end at once", Buffer.alloc(0)],
])("an upstream that answers with %s gives 502 or a cut, and the proxy lives", async (_, bytes) => {
  const { createIssuer } = await import("./authority/leaf.ts");
  const { mintAuthority } = await import("./authority/mint.ts");
  const { createServer: createTls } = await import("node:tls");
  const authority = mintAuthority({ commonName: "test upstream" });
  const leaf = createIssuer(authority)(allowed);
  const sockets = new Set<Socket>();
  const server = createTls({ cert: leaf.certificate, key: leaf.key, ALPNProtocols: ["h2"] }, (socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("data", () => bytes.length === 0 ? socket.end() : void socket.write(bytes));
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  const port = typeof address === "object" ? address?.port : 0;
  const upstream = { address: `127.0.0.1:${port}`, caCertificate: authority.certificate } as Parameters<typeof startRig>[0];
  {
    await using rig = await startRig(upstream, { timeouts: { answerMs: 1_000 } });
    const session = await openSession(rig, `${allowed}:443`);
    const { status, code } = await ask(session);
    expect(status === 502 || status === 504 || code !== 0).toBe(true);
    expect(rig.proxy.stats().frozen).toBe(false);
    session.close();
  }
  for (const socket of sockets) socket.destroy();
  await new Promise((closed) => server.close(closed));
});
