import { execFile } from "node:child_process";
import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { openTls, say } from "./testing/raw-client.ts";
import { allowed, evil, secret, startRig } from "./testing/rig.ts";
import { ask, hear, openSession } from "./testing/session-client.ts";
import { startSessionUpstream } from "./testing/session-upstream.ts";
import { startUpstream } from "./testing/upstream.ts";

checkLeaks();
const run = promisify(execFile);
const mebibyte = Buffer.alloc(1_048_576, "x");

test("a request over HTTP/2 passes the same gate, to an upstream that speaks HTTP/1.1 alone", async () => {
  await using upstream = await startUpstream(allowed, (request, response) => {
    request.resume().once("end", () => response.end(`${request.method} ${request.url} ${request.headers.host} ${request.headers.authorization === `Bearer ${secret}`}`));
  });
  await using rig = await startRig(upstream, { routes: [{ host: allowed, paths: ["/ok/**"], auth: { scheme: "bearer", tokenRef: "TOKEN" } }] });
  const session = await openSession(rig, `${allowed}:443`);
  expect(await ask(session, { ":path": "/ok/a?b" })).toMatchObject({ status: 200, body: `GET /ok/a?b ${allowed} true`, code: 0 });
  expect(await ask(session, { ":path": "/ok/up", ":method": "POST", "authorization": "Bearer agent's" }, "x".repeat(300_000))).toMatchObject({ status: 200, body: `POST /ok/up ${allowed} true` });
  const refused = await ask(session, { ":path": "/no" });
  expect(refused).toMatchObject({ status: 403, code: 0, headers: { "x-bottle-block-reason": "path-not-allowed" } });
  expect(JSON.parse(refused.body)).toMatchObject({ layer: "route", host: allowed, method: "GET", path: "/no" });
  expect(rig.events).toMatchObject([{ decision: "allow", reason: "allowed", status: 200 }, { decision: "allow", reason: "allowed", bytesOut: 300_000 }, { decision: "deny", reason: "path-not-allowed", status: 403 }]);
  session.close();
});

test("an upstream that chose HTTP/1.1 is asked once, and the connection is used", async () => {
  const ports = new Set<number | undefined>();
  await using upstream = await startUpstream(allowed, (_request, response) => response.end("fine"));
  await using rig = await startRig(upstream);
  const session = await openSession(rig, `${allowed}:443`);
  for (let round = 0; round < 3; round += 1) {
    expect(await ask(session)).toMatchObject({ status: 200, body: "fine" });
    for (const { remotePort } of upstream.sockets) ports.add(remotePort);
  }
  expect(ports.size).toBe(1);
  session.close();
});

test("HTTP/2 on both sides: one upstream connection for all streams, authority, credential and path as decided", async () => {
  await using upstream = await startSessionUpstream(allowed, (stream, headers) => {
    stream.respond({ ":status": 200, "x-seen": String(headers.authorization === `Bearer ${secret}`) });
    stream.end(`${headers[":method"]} ${headers[":scheme"]} ${headers[":authority"]} ${headers[":path"]}`);
  });
  await using rig = await startRig(upstream);
  const session = await openSession(rig, `${allowed}:443`);
  const answers = await Promise.all(Array.from({ length: 20 }, (_, index) => ask(session, { ":path": `/${index}`, "cookie": ["a=1", "b=2"] })));
  expect(answers.map(({ status, body, headers }) => `${status} ${body} ${String(headers["x-seen"])}`)).toEqual(answers.map((_, index) => `200 GET https ${allowed} /${index} true`));
  expect(upstream.sockets.size).toBe(1);
  expect(upstream.heads[0]?.cookie).toBe("a=1; b=2");
  session.close();
});

test("a client of HTTP/1.1 is spoken to in HTTP/1.1 by an upstream that could do both", async () => {
  await using upstream = await startSessionUpstream(allowed, (stream) => void stream.respond({ ":status": 500 }, { endStream: true }), { allowHTTP1: true });
  upstream.server.on("request", (request, response) => {
    if (request.httpVersionMajor === 1) response.end(request.httpVersion);
  });
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  expect((await say(socket, `GET / HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, { until: /1\.1$/ })).text).toMatch(/^HTTP\/1\.1 200 OK/);
  socket.destroy();
});

test("trailers pass both ways over HTTP/2, without those that only a head may have", async () => {
  await using upstream = await startSessionUpstream(allowed, (stream) => {
    let heard = {};
    stream.on("trailers", (fields) => void (heard = fields));
    stream.resume().once("end", () => {
      stream.respond({ ":status": 200 }, { waitForTrailers: true });
      stream.once("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", "x-echo": `${secret} ${JSON.stringify(heard)}`, "set-cookie": "a=b", "x-bottle-block-reason": "no" }));
      stream.end("body");
    });
  });
  await using rig = await startRig(upstream);
  const session = await openSession(rig, `${allowed}:443`);
  const stream = session.request({ ":path": "/", ":method": "POST", "te": "trailers" }, { endStream: false, waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers({ "x-sum": "1", "authorization": "Bearer x", "cache-control": "no-store" }));
  stream.end("abc");
  const heard = await hear(stream);
  expect(heard).toMatchObject({ status: 200, body: "body", code: 0, trailers: { "grpc-status": "0" } });
  expect(Object.keys(heard.trailers)).toEqual(["grpc-status", "x-echo"]);
  expect(heard.trailers["x-echo"]).not.toContain(secret);
  expect(heard.trailers["x-echo"]).toContain("{\"x-sum\":\"1\"}");
  expect(upstream.heads[0]?.te).toBe("trailers");
  session.close();
});

test("each side may go on while the other has not ended", async () => {
  await using upstream = await startSessionUpstream(allowed, (stream) => {
    stream.respond({ ":status": 200 });
    stream.on("data", (chunk: Buffer) => stream.write(`<${chunk.toString()}>`)).once("end", () => stream.end("over"));
  });
  await using rig = await startRig(upstream, { routes: [{ host: allowed }] });
  const session = await openSession(rig, `${allowed}:443`);
  const stream = session.request({ ":path": "/", ":method": "POST" }, { endStream: false });
  await Promise.all([once(stream, "response"), stream.write("one\n")]);
  for (const word of ["one", "two", "three"]) {
    const heard = once(stream, "data");
    if (word !== "one") stream.write(`${word}\n`);
    expect(String(await heard)).toContain(`<${word}\n>`);
  }
  const rest = hear(stream);
  stream.end();
  expect(await rest).toMatchObject({ body: "over", code: 0 });
  session.close();
});

test("an answer that is whole before its request is ends the exchange without an error", async () => {
  await using upstream = await startSessionUpstream(allowed, (stream) => {
    stream.respond({ ":status": 413 });
    stream.end("too much");
  });
  await using rig = await startRig(upstream);
  const session = await openSession(rig, `${allowed}:443`);
  const stream = session.request({ ":path": "/", ":method": "POST" }, { endStream: false });
  stream.write("part\n");
  expect(await hear(stream)).toMatchObject({ status: 413, body: "too much", code: 0 });
  const other = session.request({ ":path": "/", ":method": "POST", ":authority": evil }, { endStream: false });
  other.write("part");
  expect(await hear(other)).toMatchObject({ status: 421, code: 0 });
  expect(await ask(session)).toMatchObject({ status: 413 });
  session.close();
});

test.each([[0x2, 0x2], [0x8, 0x8], [0xb, 0xb]])("an upstream that resets an answer with code %i cuts it with the same", async (code, expected) => {
  await using upstream = await startSessionUpstream(allowed, (stream) => {
    // Without trailers to wait for, Node's server ends the body before it resets.
    stream.respond({ ":status": 200 }, { waitForTrailers: true });
    stream.write("part\n");
    setTimeout(() => stream.close(code), 50);
  });
  await using rig = await startRig(upstream);
  const session = await openSession(rig, `${allowed}:443`);
  expect(await ask(session)).toMatchObject({ status: 200, body: "part\n", code: expected });
  await expect.poll(() => rig.events).toMatchObject([{ decision: "allow", reason: "upstream-broken" }]);
  session.close();
});

test("an upstream that resets before its head gives 502", async () => {
  await using upstream = await startSessionUpstream(allowed, (stream) => stream.close(0x8));
  await using rig = await startRig(upstream);
  const session = await openSession(rig, `${allowed}:443`);
  expect(await ask(session)).toMatchObject({ status: 502, headers: { "x-bottle-block-reason": "upstream-broken" } });
  session.close();
});

test("a client that cancels a stream cancels it upstream, and the session goes on", async () => {
  const codes: (number | undefined)[] = [];
  await using upstream = await startSessionUpstream(allowed, (stream, headers) => {
    stream.once("close", () => codes.push(stream.rstCode));
    stream.respond({ ":status": 200 });
    if (headers[":path"] === "/stream") stream.write("part");
    else stream.end("fine");
  });
  await using rig = await startRig(upstream, { routes: [{ host: allowed }] });
  const session = await openSession(rig, `${allowed}:443`);
  const stream = session.request({ ":path": "/stream" });
  await once(stream, "data");
  stream.close(0x8);
  await expect.poll(() => codes).toEqual([8]);
  await expect.poll(() => rig.events).toMatchObject([{ reason: "cut", status: 200 }]);
  expect(await ask(session)).toMatchObject({ status: 200, body: "fine" });
  session.close();
});

test("an upload that is cancelled is not complete for the upstream, over HTTP/2 or HTTP/1.1", async () => {
  const ends: string[] = [];
  await using modern = await startSessionUpstream(allowed, (stream) => {
    stream.resume().once("end", () => ends.push(stream.rstCode === 0 && !stream.aborted ? "whole" : "cut")).once("close", () => ends.push("closed"));
  });
  await using old = await startUpstream(allowed, (request) => void request.resume().on("error", () => {}).once("end", () => ends.push("whole")).once("close", () => ends.push("closed")));
  for (const upstream of [modern, old]) {
    await using rig = await startRig(upstream);
    const session = await openSession(rig, `${allowed}:443`);
    const stream = session.request({ ":path": "/", ":method": "POST" }, { endStream: false, waitForTrailers: true });
    stream.write("part\n");
    await expect.poll(() => upstream.sockets.size).toBeGreaterThan(0);
    await sleep(100);
    stream.close(0x8);
    await expect.poll(() => ends.at(-1)).toBe("closed");
    expect(ends).not.toContain("whole");
    ends.splice(0);
    session.close();
  }
});

test("a client that stops reading a stream stops the upstream, and other streams go on", async () => {
  let sentMiB = 0;
  await using upstream = await startSessionUpstream(allowed, (stream, headers) => {
    stream.respond({ ":status": 200 });
    if (headers[":path"] !== "/large") return void stream.end("fine");
    const write = (): void => {
      while (sentMiB < 300 && !stream.destroyed && stream.write(mebibyte)) sentMiB += 1;
    };
    stream.on("drain", write);
    write();
  });
  await using rig = await startRig(upstream);
  const session = await openSession(rig, `${allowed}:443`);
  const stream = session.request({ ":path": "/large" });
  stream.pause();
  await once(stream, "response");
  await sleep(1_000);
  expect(sentMiB).toBeLessThan(20);
  expect(await ask(session)).toMatchObject({ status: 200, body: "fine" });
  stream.destroy();
  session.close();
});

test("an upstream that stops reading stops the client", async () => {
  await using upstream = await startSessionUpstream(allowed, (stream) => void stream.pause());
  await using rig = await startRig(upstream);
  const session = await openSession(rig, `${allowed}:443`);
  const stream = session.request({ ":path": "/", ":method": "POST" }, { endStream: false });
  stream.on("error", () => {});
  let sentMiB = 0;
  for (; sentMiB < 100; sentMiB += 1) {
    if (!stream.write(mebibyte) && await Promise.race([once(stream, "drain").then(() => false), sleep(700).then(() => true)])) break;
  }
  expect(sentMiB).toBeLessThan(20);
  session.destroy();
});

test("what a new policy no longer allows is reset, other streams and the session stay; freezing ends all", async () => {
  await using upstream = await startSessionUpstream(allowed, (stream) => {
    stream.respond({ ":status": 200 });
    stream.write("part");
  });
  await using rig = await startRig(upstream, { routes: [{ host: allowed, paths: ["/a", "/b"] }] });
  const session = await openSession(rig, `${allowed}:443`);
  const [one, other] = ["/a", "/b"].map((path) => session.request({ ":path": path }));
  await Promise.all([once(one!, "data"), once(other!, "data")]);
  const cut = hear(one!);
  rig.proxy.reload({ routes: [{ host: allowed, paths: ["/b"] }] });
  expect((await cut).code).toBe(2);
  expect(other!.destroyed).toBe(false);
  const closed = once(session, "close");
  rig.proxy.freeze();
  await closed;
  expect(other!.destroyed).toBe(true);
  await expect.poll(() => upstream.sockets.size).toBe(0);
});

test("curl speaks HTTP/2 through the proxy", async () => {
  await using upstream = await startSessionUpstream(allowed, (stream, headers) => {
    stream.respond({ ":status": 200 });
    stream.resume().once("end", () => stream.end(`${headers[":method"]} ${headers[":path"]}`));
  });
  await using rig = await startRig(upstream);
  const env = { PATH: process.env["PATH"] ?? "", HOME: rig.directory, https_proxy: `http://127.0.0.1:${rig.port}`, CURL_CA_BUNDLE: rig.caFile };
  const { stdout } = await run("curl", ["-sS", "--http2", "-w", " %{http_version}", "-d", "x=1", `https://${allowed}/curl`], { env });
  expect(stdout).toBe("POST /curl 2");
});

test("a body is asked for only after the decision", async () => {
  await using upstream = await startSessionUpstream(allowed, (stream) => {
    stream.respond({ ":status": 200 });
    stream.resume().once("end", () => stream.end("done"));
  });
  await using rig = await startRig(upstream, { routes: [{ host: allowed, paths: ["/ok"] }] });
  const session = await openSession(rig, `${allowed}:443`);
  const stream = session.request({ ":path": "/ok", ":method": "POST", "expect": "100-continue" }, { endStream: false });
  await once(stream, "continue");
  const heard = hear(stream);
  stream.end("abc");
  expect(await heard).toMatchObject({ status: 200, body: "done" });
  let isAsked = false;
  const refused = session.request({ ":path": "/no", ":method": "POST", "expect": "100-continue" }, { endStream: false });
  refused.on("continue", () => void (isAsked = true));
  expect(await hear(refused)).toMatchObject({ status: 403 });
  expect(isAsked).toBe(false);
  session.close();
});
