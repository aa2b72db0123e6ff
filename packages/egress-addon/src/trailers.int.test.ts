import { once } from "node:events";
import { expect, test } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { openTls, say } from "./testing/raw-client.ts";
import { allowed, secret, startRig } from "./testing/rig.ts";
import { ask, openSession } from "./testing/session-client.ts";
import { startRawUpstream, startUpstream } from "./testing/upstream.ts";

checkLeaks();
const answer = "HTTP/1.1 200 OK\r\nTrailer: X-Sum, Set-Cookie\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-Echo: " + secret
  + "\r\nSet-Cookie: a=b\r\nContent-Type: x/y\r\nX-Bottle-Block-Reason: no\r\nX-Sum: 2\r\n\r\n";

test("trailers of an answer pass over HTTP/1.1, without those that only a head may have, the credential hidden", async () => {
  await using upstream = await startRawUpstream(allowed, (socket) => socket.once("data", () => socket.write(answer)));
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  const { text } = await say(socket, `GET / HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, { until: /\r\n0\r\n[^]*\r\n\r\n$/ });
  expect(text).toMatch(/\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\nX-Echo: \*+\r\nX-Sum: 2\r\n\r\n$/);
  socket.destroy();
});

test("a client of HTTP/1.0, and an answer with a length, get no trailers", async () => {
  await using upstream = await startRawUpstream(allowed, (socket) => socket.once("data", () => socket.write(answer)));
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  const { text } = await say(socket, `GET / HTTP/1.0\r\nHost: ${allowed}\r\n\r\n`);
  expect(text).toMatch(/\r\n\r\nabc$/);
  socket.destroy();
});

test("trailers of an HTTP/1.1 answer reach a client of HTTP/2", async () => {
  await using upstream = await startRawUpstream(allowed, (socket) => socket.once("data", () => socket.write(answer)));
  await using rig = await startRig(upstream);
  const session = await openSession(rig, `${allowed}:443`);
  const { body, trailers, code } = await ask(session);
  expect([body, Object.entries(trailers), code]).toEqual(["abc", [["x-sum", "1, 2"], ["x-echo", "*".repeat(secret.length)]], 0]);
  session.close();
});

const upload = "Transfer-Encoding: chunked\r\nTrailer: X-Sum, Authorization\r\n\r\n3\r\nabc\r\n0\r\nX-Sum: 1\r\nAuthorization: Bearer agent\r\nHost: evil.test\r\nContent-Type: x/y\r\nX-Http-Method-Override: DELETE\r\n\r\n";

test("announced trailers of a request pass over HTTP/1.1, without those that only a head may have", async () => {
  await using upstream = await startUpstream(allowed, (request, response) => {
    request.resume().once("end", () => response.end(JSON.stringify([request.rawTrailers, request.headers.trailer, request.headers.authorization === `Bearer ${secret}`])));
  });
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  for (let round = 0; round < 2; round += 1) {
    const { text } = await say(socket, `POST / HTTP/1.1\r\nHost: ${allowed}\r\n${upload}`, { until: /\]$|\]\r\n0\r\n\r\n$/ });
    expect(text).toContain(JSON.stringify([["X-Sum", "1"], "X-Sum", true]));
  }
  expect(rig.events).toMatchObject([{ decision: "allow", bytesOut: 3, status: 200 }, { status: 200 }]);
  socket.destroy();
});

test("announced trailers of a request over HTTP/2 reach an upstream of HTTP/1.1", async () => {
  await using upstream = await startUpstream(allowed, (request, response) => void request.resume().once("end", () => response.end(request.rawTrailers.join())));
  await using rig = await startRig(upstream);
  const session = await openSession(rig, `${allowed}:443`);
  const stream = session.request({ ":path": "/", ":method": "POST", "trailer": "x-sum" }, { endStream: false, waitForTrailers: true });
  stream.once("wantTrailers", () => stream.sendTrailers({ "x-sum": "1" }));
  stream.end("abc");
  let body = "";
  stream.on("data", (chunk: Buffer) => void (body += chunk.toString()));
  await once(stream, "close");
  expect(body).toBe("x-sum,1");
  session.close();
});

test("a request with trailers that is cut is not complete for the upstream, and its answer's failure is told", async () => {
  await using upstream = await startUpstream(allowed, (request) => void request.resume().on("error", () => {}));
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  socket.write(`POST / HTTP/1.1\r\nHost: ${allowed}\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n4\r\nabc\n\r\n`);
  await expect.poll(() => upstream.requests.length).toBe(1);
  socket.destroy();
  await expect.poll(() => upstream.sockets.size).toBe(0);
  expect(upstream.requests[0]?.complete).toBe(false);
});
