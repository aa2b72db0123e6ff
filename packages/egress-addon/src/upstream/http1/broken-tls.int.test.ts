import { once } from "node:events";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "node:tls";
import { expect, test } from "vitest";
import { checkLeaks } from "../../testing/leaks.ts";
import { recordAnswer, type RecordedAnswer } from "../../testing/recorded-answer.ts";
import { startRawUpstream, type Upstream } from "../../testing/upstream.ts";
import type { Dial } from "../dial.ts";
import type { UpstreamRequest, Upstreams } from "../pools.ts";
import { createUpstreams } from "../select.ts";

checkLeaks();
const host = "a.test";
const get: UpstreamRequest = { origin: { host, port: 443, secure: true }, method: "GET", path: "/", headers: [], body: null, trailers: { announced: [], read: () => [] } };
const ok = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine";
const notTls = Buffer.from("nothing that TLS knows");

const dialTo = (upstream: Upstream): Dial => async () => {
  const socket = connect({ host: "127.0.0.1", port: Number(upstream.address.split(":")[1]), servername: host, ca: [upstream.caCertificate], ALPNProtocols: ["http/1.1"] });
  await once(socket, "secureConnect");
  return socket;
};
/** Sends bytes below the TLS of every connection. */
const breakTls = (upstream: Upstream): void => {
  for (const socket of upstream.sockets) socket.write(notTls);
};

function send(upstreams: Upstreams, request: UpstreamRequest = get): RecordedAnswer {
  const answer = recordAnswer();
  upstreams.send(request, answer);
  return answer;
}

// Node tells of TLS that breaks after its handshake by an error, and leaves the socket open.
test("a request whose connection's TLS breaks fails at once, before its answer or within it", async () => {
  for (const said of ["", ok.slice(0, -2)]) {
    await using upstream = await startRawUpstream(host, (socket: Socket) => void socket.once("data", () => socket.write(said)));
    const upstreams = createUpstreams({ dial: dialTo(upstream), answerTimeoutMs: 60_000 });
    const answer = send(upstreams);
    await sleep(100);
    breakTls(upstream);
    expect(await answer.outcome).toMatch(/^upstream-(?:broken|untrusted)$/);
    await expect.poll(() => upstream.sockets.size).toBe(0);
    await upstreams[Symbol.asyncDispose]();
  }
});

test("idle connections whose TLS broke are not used again, one that was opened for HTTP/2 among them", async () => {
  let connections = 0;
  await using upstream = await startRawUpstream(host, (socket: Socket) => {
    connections += 1;
    socket.on("data", () => socket.write(ok));
  });
  const upstreams = createUpstreams({ dial: dialTo(upstream), answerTimeoutMs: 60_000 });
  expect(await send(upstreams).outcome).toBe("200 fine");
  // It asks on a connection of its own whether the upstream speaks HTTP/2, and then takes the one that is idle.
  expect(await send(upstreams, { ...get, http2: { acceptsTrailers: false } }).outcome).toBe("200 fine");
  expect([connections, upstream.sockets.size]).toEqual([2, 2]);
  breakTls(upstream);
  await expect.poll(() => upstream.sockets.size).toBe(0);
  expect(await send(upstreams, { ...get, method: "POST" }).outcome).toBe("200 fine");
  expect(connections).toBe(3);
  await upstreams[Symbol.asyncDispose]();
});
