import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { getOnce, openTls, say } from "./testing/raw-client.ts";
import { allowed, startRig } from "./testing/rig.ts";
import { startRawUpstream, startUpstream } from "./testing/upstream.ts";

checkLeaks();
const get = `GET / HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`;
const mebibyte = Buffer.alloc(1_048_576, "x");

test("the head of an answer comes before its body, and each event as it is sent", async () => {
  const steps: (() => void)[] = [];
  await using upstream = await startUpstream(allowed, (_request, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" }).flushHeaders();
    steps.push(() => void response.write("data: one\n\n"), () => void response.write("data: two\n\n"), () => void response.end());
  });
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  expect((await say(socket, get, { until: /\r\n\r\n/ })).text).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
  for (const expected of [/data: one\n\n/, /data: two\n\n/, /0\r\n\r\n/]) {
    const heard = say(socket, "", { until: expected, forMs: 1_000 });
    steps.shift()?.();
    expect((await heard).text).toMatch(expected);
  }
  socket.destroy();
});

test("a client that stops reading stops the upstream", async () => {
  let sentMiB = 0;
  await using upstream = await startUpstream(allowed, (_request, response) => {
    const write = (): void => {
      while (sentMiB < 600 && response.write(mebibyte)) sentMiB += 1;
    };
    response.on("drain", write);
    write();
  });
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  socket.pause();
  socket.write(get);
  await sleep(1_500);
  expect(sentMiB).toBeLessThan(100);
  socket.destroy();
});

test("an upstream that stops reading stops the client", async () => {
  await using upstream = await startUpstream(allowed, (request) => void request.pause());
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  socket.write(`POST / HTTP/1.1\r\nHost: ${allowed}\r\nContent-Length: ${600 * 1_048_576}\r\n\r\n`);
  let sentMiB = 0;
  for (let isFree = true; sentMiB < 600; sentMiB += 1) {
    isFree = socket.write(mebibyte);
    if (!isFree && await Promise.race([once(socket, "drain").then(() => false), sleep(700).then(() => true)])) break;
  }
  expect(sentMiB).toBeLessThan(100);
  socket.destroy();
});

test("an upload arrives whole, chunked or with a length", async () => {
  const sizes: number[] = [];
  await using upstream = await startUpstream(allowed, async (request, response) => {
    let size = 0;
    for await (const chunk of request) size += (chunk as Buffer).length;
    sizes.push(size);
    response.end("done");
  });
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  const body = "x".repeat(300_000);
  const chunked = "1\r\nx\r\n493e0\r\n" + `${body}\r\n0\r\n\r\n`;
  expect((await say(socket, `POST / HTTP/1.1\r\nHost: ${allowed}\r\nContent-Length: ${body.length}\r\n\r\n${body}`, { until: /done$/ })).text).toContain("200 OK");
  expect((await say(socket, `PUT / HTTP/1.1\r\nHost: ${allowed}\r\nTransfer-Encoding: chunked\r\n\r\n${chunked}`, { until: /done$/ })).text).toContain("200 OK");
  expect(sizes).toEqual([300_000, 300_001]);
  expect(rig.proxy.stats().bytesOut).toBeGreaterThanOrEqual(600_001);
  socket.destroy();
});

test("a client that goes away during a stream closes the upstream at once", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => {
    const timer = setInterval(() => void response.write("data: x\n\n"), 10);
    response.once("close", () => clearInterval(timer));
  });
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  await say(socket, get, { until: /data: x/ });
  const closed = once(upstream.requests[0]?.socket ?? socket, "close");
  const goneAt = performance.now();
  socket.destroy();
  await closed;
  expect(performance.now() - goneAt).toBeLessThan(500);
  await expect.poll(() => rig.events.at(-1)).toMatchObject({ decision: "allow", reason: "cut", status: 200 });
});

test("a client that goes away during an upload closes the upstream", async () => {
  await using upstream = await startUpstream(allowed, (request) => void request.resume().on("error", () => {}));
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  socket.write(`POST / HTTP/1.1\r\nHost: ${allowed}\r\nContent-Length: 1000\r\n\r\nabc`);
  await expect.poll(() => upstream.requests.length).toBe(1);
  socket.destroy();
  await expect.poll(() => upstream.sockets.size).toBe(0);
});

test("a client that goes away before the upstream answers closes it", async () => {
  await using upstream = await startUpstream(allowed, () => {});
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  socket.write(get);
  await expect.poll(() => upstream.requests.length).toBe(1);
  socket.destroy();
  await expect.poll(() => upstream.sockets.size).toBe(0);
});

test.each([
  ["chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello\n\r\n"],
  ["a length", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nhello\n"],
])("an upstream that dies amid %s cuts the answer: no end, nothing added", async (_, part) => {
  await using upstream = await startRawUpstream(allowed, (socket) => socket.once("data", () => {
    socket.write(part);
    setTimeout(() => socket.destroy(), 50);
  }));
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  const { text, isClosed } = await say(socket, get);
  expect(isClosed).toBe(true);
  expect(text).toMatch(/hello\n(?:\r\n)?$/);
});

test("HEAD, 204 and 304 have no body, and the connection goes on", async () => {
  await using upstream = await startUpstream(allowed, (request, response) => {
    const status = Number(request.url?.slice(1));
    response.writeHead(status, status === 200 ? { "content-length": 5 } : {}).end(status === 200 ? "hello" : undefined);
  });
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  for (const [method, status] of [["HEAD", 200], ["GET", 204], ["GET", 304], ["GET", 200]] as const) {
    const { text } = await say(socket, `${method} /${status} HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, { until: method === "GET" && status === 200 ? /hello/ : /\r\n\r\n/ });
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*\r\n\r\n${method === "GET" && status === 200 ? "hello" : ""}$`));
  }
  socket.destroy();
});

test("requests sent at once are answered in order", async () => {
  await using upstream = await startUpstream(allowed, (request, response) => {
    setTimeout(() => response.end(`<${request.url}>`), request.url === "/1" ? 50 : 0);
  });
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  const { text } = await say(socket, ["/1", "/2", "/3"].map((path) => get.replace("/", path)).join(""), { until: /<\/3>/ });
  expect(text.match(/<[^>]*>/g)).toEqual(["</1>", "</2>", "</3>"]);
  socket.destroy();
});

test("duplicates, case and status text of headers pass; those of the connection do not", async () => {
  await using upstream = await startRawUpstream(allowed, (socket) => socket.once("data", () => socket.end(
    "HTTP/1.1 201 Made It\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nX-CaSe: y\r\nProxy-Authenticate: Basic\r\nKeep-Alive: timeout=1\r\nX-Hop: 1\r\nConnection: X-Hop, close\r\nContent-Length: 0\r\n\r\n")));
  await using rig = await startRig(upstream);
  const text = await getOnce(rig, allowed);
  expect(text).toMatch(/^HTTP\/1\.1 201 Made It\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nX-CaSe: y\r\nContent-Length: 0\r\n/);
  expect(text).not.toMatch(/proxy-authenticate|x-hop|timeout=1/i);
});

test("a body is asked for only after the decision", async () => {
  await using upstream = await startUpstream(allowed, (request, response) => void request.resume().once("end", () => response.end("done")));
  await using rig = await startRig(upstream, { routes: [{ host: allowed, paths: ["/ok"] }] });
  const socket = await openTls(rig, `${allowed}:443`);
  const post = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: ${allowed}\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\n`;
  expect((await say(socket, post("/ok"), { until: /\r\n\r\n/ })).text).toBe("HTTP/1.1 100 Continue\r\n\r\n");
  expect((await say(socket, "abc", { until: /done/ })).text).toMatch(/^HTTP\/1\.1 200 /);
  expect((await say(socket, post("/no"), { until: /\r\n\r\n/ })).text).toMatch(/^HTTP\/1\.1 403 /);
  socket.destroy();
});

test("a slow client is closed: no head, half a head, no handshake", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end());
  await using rig = await startRig(upstream, { timeouts: { headMs: 300, handshakeMs: 300 } });
  const { dialProxy, openTunnel } = await import("./testing/raw-client.ts");
  const idle = await dialProxy(rig);
  const half = await dialProxy(rig);
  half.write("GET http://allowed.test/ HTTP/1.1\r\nHost");
  const tunnel = await openTunnel(rig, `${allowed}:443`);
  const hello = await openTunnel(rig, `${allowed}:443`);
  hello.write("\x16\x03", "latin1");
  const inside = await openTls(rig, `${allowed}:443`);
  inside.write("GET / HTTP/1.1\r\nHo");
  const drip = setInterval(() => void inside.write("o"), 50);
  const heard = await Promise.all([idle, half, tunnel, hello, inside].map((socket) => say(socket, "", { forMs: 3_000 })));
  clearInterval(drip);
  expect(heard.map(({ isClosed }) => isClosed)).toEqual([true, true, true, true, true]);
  for (const socket of [idle, half, tunnel, hello, inside]) socket.destroy();
});

test.each(["GET", "HEAD"])("bytes of a header beyond ASCII pass as they are, to %s", async (method) => {
  await using upstream = await startRawUpstream(allowed, (socket) => void socket.on("error", () => {}).once("data", () => {
    socket.write("HTTP/1.1 200 OK\r\nContent-Disposition: inline; filename=caf\xc3\xa9-\xe9\r\nContent-Length: 2\r\n\r\n", "latin1");
    if (method === "GET") socket.write("ok");
  }));
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  expect((await say(socket, get.replace("GET", method), { until: /\r\n\r\n/ })).text).toContain("filename=caf\xc3\xa9-\xe9\r\n");
  socket.destroy();
});
