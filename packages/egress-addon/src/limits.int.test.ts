import { once } from "node:events";
import { afterAll, beforeEach, expect, test } from "vitest";
import { clientFrame } from "./testing/client-frame.ts";
import { checkLeaks } from "./testing/leaks.ts";
import { getOnce, openTls, reset, say } from "./testing/raw-client.ts";
import { allowed, type Rig, startRig } from "./testing/rig.ts";
import { outcome, requestBytes } from "./testing/scanned.ts";
import { ask, openSession } from "./testing/session-client.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";

checkLeaks();
let upstream: Upstream;
let received = 0;
let completed = 0;
beforeEach(async () => {
  await upstream?.[Symbol.asyncDispose]();
  received = 0;
  completed = 0;
  upstream = await startUpstream(allowed, (request, response) => {
    request.on("data", (chunk: Buffer) => void (received += chunk.length)).on("error", () => {}).once("end", () => {
      completed += 1;
      if (request.url !== "/hang") response.end("fine");
    });
  }, (_request, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n");
    socket.on("data", (chunk: Buffer) => void (received += chunk.length)).on("error", () => {});
  });
});
afterAll(() => upstream[Symbol.asyncDispose]());

const upgrade = `GET /ws HTTP/1.1\r\nHost: ${allowed}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
const idle = (rig: Rig): Promise<void> => expect.poll(() => [rig.proxy.stats().active, completed]).toEqual([0, expect.anything()]);
const limited = { host: allowed, limits: { requestsPerMinute: 2 } };

test("so many requests go in a minute; the next is told to wait, and does not reach the upstream", async () => {
  await using rig = await startRig(upstream, { routes: [limited] });
  expect([await getOnce(rig, allowed), await getOnce(rig, allowed)].map(outcome)).toEqual(["200", "200"]);
  const text = await getOnce(rig, allowed);
  expect(text).toMatch(/^HTTP\/1\.1 429 [^]*\r\nx-bottle-block-reason: limit-requests\r\n/);
  expect(JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4))).toMatchObject({ layer: "limit", reason: "limit-requests", retry: "later" });
  expect(upstream.requests.length).toBe(2);
  expect(rig.events.at(-1)).toMatchObject({ decision: "deny", layer: "limit", reason: "limit-requests", status: 429 });
});

test("what was refused before does not count", async () => {
  await using rig = await startRig(upstream, { routes: [{ ...limited, paths: ["/"] }], secrets: [{ name: "listed", value: "Qz7-listed-value" }] });
  for (let round = 0; round < 5; round += 1) {
    expect(outcome(await getOnce(rig, allowed, "/no"))).toBe("403 path-not-allowed");
    expect(outcome(await getOnce(rig, allowed, "/?q=Qz7-listed-value"))).toBe("403 secret-found");
  }
  expect(outcome(await getOnce(rig, allowed))).toBe("200");
});

test("a WebSocket and a stream of HTTP/2 count as requests", async () => {
  await using rig = await startRig(upstream, { routes: [limited] });
  const session = await openSession(rig, `${allowed}:443`);
  expect((await ask(session)).status).toBe(200);
  const socket = await openTls(rig, `${allowed}:443`);
  expect((await say(socket, upgrade, { until: /\r\n\r\n/ })).text).toContain("101");
  expect((await ask(session)).headers["x-bottle-block-reason"]).toBe("limit-requests");
  const other = await openTls(rig, `${allowed}:443`);
  expect(outcome((await say(other, upgrade)).text)).toBe("429 limit-requests");
  session.close();
  for (const one of [socket, other]) one.destroy();
});

test("counts survive a reload that leaves the route as it is, and a changed route begins anew", async () => {
  await using rig = await startRig(upstream, { routes: [limited] });
  await getOnce(rig, allowed);
  rig.proxy.reload({ routes: [{ host: "else.test" }, { ...limited }] });
  await getOnce(rig, allowed);
  rig.proxy.reload({ routes: [limited] });
  expect(outcome(await getOnce(rig, allowed))).toBe("429 limit-requests");
  rig.proxy.reload({ routes: [{ host: allowed, limits: { requestsPerMinute: 3 } }] });
  expect(outcome(await getOnce(rig, allowed))).toBe("200");
});

test("so many requests at one time, and again when one has ended, was reset, or was refused", async () => {
  await using rig = await startRig(upstream, { routes: [{ host: allowed, limits: { concurrent: 1 } }], secrets: [{ name: "listed", value: "Qz7-listed-value" }] });
  for (const end of [reset, (socket: Awaited<ReturnType<typeof openTls>>) => void socket.end()]) {
    const hanging = await openTls(rig, `${allowed}:443`);
    const before = upstream.requests.length;
    hanging.write(requestBytes({ target: "/hang" }));
    await expect.poll(() => upstream.requests.length).toBe(before + 1);
    expect(outcome(await getOnce(rig, allowed))).toBe("429 limit-concurrent");
    end(hanging);
    hanging.destroy();
    await expect.poll(async () => outcome(await getOnce(rig, allowed))).toBe("200");
  }
  for (let round = 0; round < 3; round += 1) {
    const socket = await openTls(rig, `${allowed}:443`);
    expect(outcome((await say(socket, requestBytes({ body: "Qz7-listed-value" }).toString("latin1"))).text)).toBe("403 secret-found");
    socket.destroy();
  }
  expect(outcome(await getOnce(rig, allowed))).toBe("200");
  await idle(rig);
});

test("an upload that crosses the bytes of a minute is cut: no more than those arrive, and it is never complete", async () => {
  await using rig = await startRig(upstream, { routes: [{ host: allowed, dlp: "off", limits: { bytesOutPerMinute: 100_000 } }] });
  const socket = await openTls(rig, `${allowed}:443`);
  expect(outcome((await say(socket, requestBytes({ body: "x".repeat(60_000) }).toString("latin1"), { until: /fine/ })).text)).toBe("200");
  const heard = say(socket, `POST / HTTP/1.1\r\nHost: ${allowed}\r\nContent-Length: 10000000\r\n\r\n`);
  for (let sent = 0; sent < 200 && !socket.destroyed; sent += 1) {
    if (!socket.write(Buffer.alloc(10_000, "y"))) await Promise.race([once(socket, "drain"), once(socket, "close")]).catch(() => {});
  }
  const { text, isClosed } = await heard;
  expect([outcome(text), isClosed]).toEqual(["429 limit-bytes", true]);
  await expect.poll(() => rig.events.at(-1)).toMatchObject({ decision: "deny", layer: "limit", reason: "limit-bytes", status: 429 });
  expect([received <= 100_000, completed]).toEqual([true, 1]);
  expect(outcome(await getOnce(rig, allowed))).toBe("429 limit-bytes");
  socket.destroy();
  await expect.poll(() => upstream.sockets.size).toBe(0);
});

test.each(["off", "block"] as const)("the bytes of WebSocket messages count, with the scan %s", async (dlp) => {
  await using rig = await startRig(upstream, { routes: [{ host: allowed, dlp, limits: { bytesOutPerMinute: 10_000 } }] });
  const socket = await openTls(rig, `${allowed}:443`);
  await say(socket, upgrade, { until: /\r\n\r\n/ });
  const frame = clientFrame("z".repeat(4_000));
  for (let sent = 0; sent < 3; sent += 1) socket.write(frame);
  expect((await say(socket, "", { forMs: 5_000 })).isClosed).toBe(true);
  await expect.poll(() => rig.events.at(-1)).toMatchObject({ decision: "deny", reason: "limit-bytes", status: 101 });
  expect(received).toBe(2 * frame.length);
  socket.destroy();
});
