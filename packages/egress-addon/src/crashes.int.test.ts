import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { dialProxy, getOnce, openTls, openTunnel, reset, say } from "./testing/raw-client.ts";
import { allowed, type Rig, startRig } from "./testing/rig.ts";
import { startRawUpstream, startUpstream, type Upstream } from "./testing/upstream.ts";

// Messages that end a process with http-mitm-proxy's own paths. Vitest fails the run on any unhandled error.
checkLeaks();
let upstream: Upstream;
let rig: Rig;

beforeAll(async () => {
  upstream = await startUpstream(allowed, (_request, response) => response.end("alive"));
  rig = await startRig(upstream);
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});

const isAlive = async (): Promise<boolean> => (await getOnce(rig, allowed)).endsWith("alive");
const upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";

test.each([
  ["a WebSocket without Host", `GET / HTTP/1.1\r\n${upgrade}\r\n`],
  ["a WebSocket to *", `GET * HTTP/1.1\r\nHost: a.test\r\n${upgrade}\r\n`],
  ["a WebSocket with a Host that is none", `GET / HTTP/1.1\r\nHost: a b\r\n${upgrade}\r\n`],
  ["a WebSocket to a bad URL", `GET http://[ HTTP/1.1\r\nHost: [\r\n${upgrade}\r\n`],
  ["a WebSocket with a body", `GET http://${allowed}/ HTTP/1.1\r\nHost: ${allowed}\r\n${upgrade}Content-Length: 3\r\n\r\nabc`],
  ["a Host that url.parse throws on", "GET / HTTP/1.1\r\nHost: http://[\r\n\r\n"],
  ["a target that url.parse throws on", "GET http://[ HTTP/1.1\r\nHost: [\r\n\r\n"],
  ["a CONNECT to nothing", "CONNECT / HTTP/1.1\r\nHost: x\r\n\r\n"],
  ["a CONNECT with a body", `CONNECT x.test:443 HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc`],
  ["binary noise", "\x00\x01\x02\xff\xfe\r\n\r\n"],
  ["HTTP/2's preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a head too large", `GET http://${allowed}/ HTTP/1.1\r\nHost: ${allowed}\r\nX: ${"x".repeat(70_000)}\r\n\r\n`],
])("%s is refused, and the proxy lives", async (_, message) => {
  const socket = await dialProxy(rig);
  const { text } = await say(socket, message, { until: /\r\n\r\n/ });
  expect(text).toMatch(/^HTTP\/1\.1 4\d\d /);
  socket.destroy();
  expect(await isAlive()).toBe(true);
});

test.each([
  ["a bare connection", () => dialProxy(rig), ""],
  ["half a head", () => dialProxy(rig), "GET http://allowed.test/ HTT"],
  ["a tunnel without a byte", () => openTunnel(rig, `${allowed}:443`), ""],
  ["half a TLS hello", () => openTunnel(rig, `${allowed}:443`), "\x16\x03\x01\x02"],
  ["half a head in TLS", () => openTls(rig, `${allowed}:443`), "GET / HT"],
  ["half a body in TLS", () => openTls(rig, `${allowed}:443`), `POST / HTTP/1.1\r\nHost: ${allowed}\r\nContent-Length: 10\r\n\r\nabc`],
  ["a WebSocket under way", () => openTls(rig, `${allowed}:443`), `GET / HTTP/1.1\r\nHost: ${allowed}\r\n${upgrade}\r\n`],
])("a reset after %s is survived", async (_, open, text) => {
  const socket = await open();
  if (text !== "") socket.write(text, "latin1");
  await sleep(20);
  reset(socket);
  expect(await isAlive()).toBe(true);
});

test.each([
  ["status 099", "HTTP/1.1 099 Odd\r\nContent-Length: 0\r\n\r\n"],
  ["status 000", "HTTP/1.1 000 Odd\r\nContent-Length: 0\r\n\r\n"],
  ["status 600", "HTTP/1.1 600 Odd\r\nContent-Length: 0\r\n\r\n"],
  ["status 999", "HTTP/1.1 999 Odd\r\nContent-Length: 0\r\n\r\n"],
  ["an unasked 101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"],
  ["an unasked 100 and nothing more", "HTTP/1.1 100 Continue\r\n\r\n"],
  ["no HTTP", "SSH-2.0-OpenSSH_9\r\n"],
  ["a control character in a header", "HTTP/1.1 200 OK\r\nX-A: a\x01b\r\nContent-Length: 0\r\n\r\n"],
  ["two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"],
  ["another transfer coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"],
  ["nothing", ""],
])("an upstream that answers with %s gives 502 or a cut, and the proxy lives", async (_, answer) => {
  await using odd = await startRawUpstream(allowed, (socket) => socket.once("data", () => socket.end(answer, "latin1")));
  await using other = await startRig(odd);
  expect(await getOnce(other, allowed)).toMatch(/^HTTP\/1\.1 502 [^]*"upstream-broken"|^$/);
  expect(other.proxy.stats().frozen).toBe(false);
});

test("an answer with Trailer and Content-Length passes without the trailer", async () => {
  await using odd = await startRawUpstream(allowed, (socket) => socket.once("data", () => socket.end("HTTP/1.1 200 OK\r\nTrailer: X-A\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok")));
  await using other = await startRig(odd);
  const text = await getOnce(other, allowed);
  expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\nok$/);
  expect(text).not.toMatch(/trailer/i);
});

test("fifty hosts at once open no listener and write no file", async () => {
  await using other = await startRig(upstream, { routes: [{ host: "*.many.test" }] });
  const answers = await Promise.all(Array.from({ length: 50 }, async (_, index) => {
    const socket = await openTls(other, `h${index}.many.test:443`);
    const isNamed = socket.getPeerCertificate().subjectaltname === `DNS:h${index}.many.test`;
    socket.destroy();
    return isNamed;
  }));
  expect(answers.every(Boolean)).toBe(true);
  expect(process.getActiveResourcesInfo().filter((name) => name === "TCPServerWrap").length).toBe(4);
});
