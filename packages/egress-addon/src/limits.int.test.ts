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

const single = { host: allowed, limits: { requests: 1 } };

test("a route for so many requests lets exactly those through, however many come at once, streams and WebSockets with them", async () => {
  await using rig = await startRig(upstream, { routes: [{ host: allowed, limits: { requests: 7 } }] });
  const session = await openSession(rig, `${allowed}:443`);
  const upgraded = Promise.all(Array.from({ length: 4 }, async () => {
    const socket = await openTls(rig, `${allowed}:443`);
    const { text } = await say(socket, upgrade, { until: /\r\n\r\n/ });
    socket.destroy();
    return outcome(text).slice(0, 3) === "101" ? "allowed" : /x-bottle-block-reason: ([a-z-]+)/.exec(text)?.[1];
  }));
  const streamed = Promise.all(Array.from({ length: 20 }, async () => {
    const { status, headers } = await ask(session);
    return status === 200 ? "allowed" : headers["x-bottle-block-reason"];
  }));
  const plain = Promise.all(Array.from({ length: 10 }, async () => (outcome(await getOnce(rig, allowed)) === "200" ? "allowed" : "limit-uses")));
  const all = (await Promise.all([upgraded, streamed, plain])).flat();
  expect(all.filter((one) => one === "allowed")).toHaveLength(7);
  expect(all.filter((one) => one === "limit-uses")).toHaveLength(27);
  expect(upstream.requests.length).toBe(7);
  session.close();
});

test("once used up, the answer says that it can be asked for, and no minute brings it back", async () => {
  await using rig = await startRig(upstream, { routes: [single], howToAsk: "Ask nicely." });
  expect(outcome(await getOnce(rig, allowed))).toBe("200");
  const text = await getOnce(rig, allowed);
  expect(text).toMatch(/^HTTP\/1\.1 403 [^]*\r\nx-bottle-block-reason: limit-uses\r\n/);
  expect(JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4))).toMatchObject({ layer: "limit", reason: "limit-uses", retry: "ask", how_to_ask: "Ask nicely." });
  rig.proxy.reload({ routes: [single, { host: "else.test" }] });
  expect(outcome(await getOnce(rig, allowed))).toBe("403 limit-uses");
  rig.proxy.reload({ routes: [{ host: "else.test" }] });
  rig.proxy.reload({ routes: [single] });
  expect(outcome(await getOnce(rig, allowed))).toBe("200");
});

test("a request that was refused before any of it was sent does not use the route up: by its body, or by where its host leads", async () => {
  const routes = [single, { host: "inside.test", limits: { requests: 1 } }];
  const hosts = { [allowed]: upstream.address };
  await using rig = await startRig(upstream, { routes, hosts, secrets: [{ name: "listed", value: "Qz7-listed-value" }] });
  for (let round = 0; round < 2; round += 1) {
    const socket = await openTls(rig, `${allowed}:443`);
    expect(outcome((await say(socket, requestBytes({ body: "Qz7-listed-value" }).toString("latin1"))).text)).toBe("403 secret-found");
    socket.destroy();
    expect(outcome(await getOnce(rig, "inside.test"))).toMatch(/name-not-found/);
  }
  expect(outcome(await getOnce(rig, allowed))).toBe("200");
  expect(outcome(await getOnce(rig, allowed))).toBe("403 limit-uses");
});

test("a request of which some was sent has used the route, also if the rest is refused", async () => {
  await using rig = await startRig(upstream, { routes: [single], secrets: [{ name: "listed", value: "Qz7-listed-value" }] });
  const socket = await openTls(rig, `${allowed}:443`);
  socket.write(`POST / HTTP/1.1\r\nHost: ${allowed}\r\nContent-Length: 2000000\r\n\r\n`);
  socket.write("x".repeat(1_000_000));
  await expect.poll(() => upstream.requests.length).toBe(1);
  await say(socket, `Qz7-listed-value${"y".repeat(999_984)}`);
  socket.destroy();
  await expect.poll(() => rig.events.at(-1)).toMatchObject({ reason: "secret-found" });
  expect(outcome(await getOnce(rig, allowed))).toBe("403 limit-uses");
});

test("a grant is told of before each of its requests goes, named in its events and shown; what is not noted does not go", async () => {
  const told: unknown[] = [];
  let isFull = false;
  await using rig = await startRig(upstream, { routes: [], onGrantUse: (...use) => {
    if (isFull) throw new Error("no space");
    told.push([...use, upstream.requests.length]);
  } });
  await expect(getOnce(rig, allowed)).rejects.toThrow("no-route");
  rig.proxy.reload({ routes: [], grants: [{ grant: "p-1", host: allowed }] });
  for (let round = 0; round < 2; round += 1) expect(outcome(await getOnce(rig, allowed))).toBe("200");
  expect(told).toEqual([["p-1", 1, 0], ["p-1", 2, 1]]);
  await expect.poll(() => rig.proxy.grantUse("p-1")).toEqual({ requests: 2, underWay: 0 });
  expect(rig.events.at(-1)).toMatchObject({ decision: "allow", route: allowed, grant: "p-1" });
  isFull = true;
  expect(outcome(await getOnce(rig, allowed))).toBe("500 internal");
  expect(rig.proxy.grantUse("p-1")).toMatchObject({ requests: 2 });
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
