import { createHash } from "node:crypto";
import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { dialProxy, openTls, reset, say } from "./testing/raw-client.ts";
import { allowed, evil, secret, startRig } from "./testing/rig.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";

checkLeaks();
const key = "dGhlIHNhbXBsZSBub25jZQ==";
const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
const ask = (host: string, extra = ""): string =>
  `GET /ws?a=b HTTP/1.1\r\nHost: ${host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}\r\n${extra}\r\n`;
const accepted = `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n`;

const startSocketServer = (onSocket: (socket: Socket) => void, extra = ""): Promise<Upstream> => startUpstream(allowed, (_request, response) => response.end(), (_request, socket) => {
  socket.write(`${accepted}${extra}\r\n`);
  onSocket(socket);
});

test("both directions flow, with the credential in the upgrade and the agent's own gone", async () => {
  await using upstream = await startSocketServer((socket) => socket.once("data", (frame: Buffer) => socket.write(Buffer.concat([Buffer.from("\x81\x0b", "latin1"), frame], 13))), "Sec-WebSocket-Protocol: proto1\r\n");
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  const { text } = await say(socket, ask(allowed, "Authorization: Bearer placeholder\r\nProxy-Authorization: Basic eDp5\r\nSec-WebSocket-Protocol: proto1, proto2\r\nSec-WebSocket-Extensions: permessage-deflate\r\n"), { until: /\r\n\r\n/ });
  expect(text).toMatch(/^HTTP\/1\.1 101 Switching Protocols\r\n/);
  expect(text).toContain(`Sec-WebSocket-Accept: ${accept}\r\n`);
  expect(text).toContain("Sec-WebSocket-Protocol: proto1\r\n");
  expect((await say(socket, "\x81\x85abcdHELLO", { until: /HELLO/ })).text).toBe("\x81\x0b\x81\x85abcdHELLO");
  const { headers, url } = upstream.requests[0] ?? {};
  expect([headers?.authorization, headers?.["proxy-authorization"], headers?.["sec-websocket-extensions"], headers?.["sec-websocket-protocol"], url])
    .toEqual([`Bearer ${secret}`, undefined, undefined, "proto1, proto2", "/ws?a=b"]);
  const closed = once(upstream.requests[0]?.socket ?? socket, "close");
  socket.destroy();
  await closed;
  await expect.poll(() => rig.events.at(-1)).toMatchObject({ decision: "allow", status: 101, path: "/ws", bytesOut: 11, bytesIn: 13 });
});

test("frames sent with the upgrade, and with its answer, arrive", async () => {
  await using upstream = await startSocketServer((socket) => {
    socket.write("\x81\x05early", "latin1");
    socket.once("data", (frame: Buffer) => socket.write(`\x81\x05${frame.subarray(-5).toString("latin1")}`, "latin1"));
  });
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  expect((await say(socket, `${ask(allowed)}\x81\x85\0\0\0\0first`, { until: /first/ })).text).toMatch(/\r\n\r\n\x81\x05early\x81\x05first$/);
  socket.destroy();
});

test("with neither a credential nor a scan, compression is left to the two sides; with either it is not asked for", async () => {
  await using upstream = await startSocketServer(() => {}, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  await using rig = await startRig(upstream, { routes: [{ host: allowed, dlp: "off" }] });
  const socket = await openTls(rig, `${allowed}:443`);
  expect((await say(socket, ask(allowed, "Sec-WebSocket-Extensions: permessage-deflate\r\n"), { until: /\r\n\r\n/ })).text).toContain("Sec-WebSocket-Extensions: permessage-deflate\r\n");
  expect(upstream.requests[0]?.headers["sec-websocket-extensions"]).toBe("permessage-deflate");
  socket.destroy();
  await using scanned = await startRig(upstream, { routes: [{ host: allowed }] });
  const other = await openTls(scanned, `${allowed}:443`);
  await say(other, ask(allowed, "Sec-WebSocket-Extensions: permessage-deflate\r\n"), { until: /\r\n\r\n/ });
  expect(upstream.requests[1]?.headers["sec-websocket-extensions"]).toBeUndefined();
  other.destroy();
});

test("an upstream's refusal reaches the client as it is, and closes", async () => {
  await using upstream = await startUpstream(allowed, () => {}, (_request, socket) => socket.end("HTTP/1.1 403 No \x1b[31mSockets\r\nX-Why: b\xe9cause\r\nContent-Length: 2\r\n\r\nno", "latin1"));
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  const { text, isClosed } = await say(socket, ask(allowed));
  expect(text).toMatch(/^HTTP\/1\.1 403 No \[31mSockets\r\nX-Why: b\xe9cause\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno$/);
  expect(isClosed).toBe(true);
  socket.destroy();
});

test.each<[string, (socket: Socket) => void]>([
  ["says nothing", () => {}],
  ["speaks without end but never finishes its head", (socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nX-Slow: ");
    const drip = setInterval(() => socket.write("x"), 50);
    socket.once("close", () => clearInterval(drip));
  }],
])("an upstream that %s is given up after the time an answer may take", async (_, onSocket) => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end(), (_request, socket) => onSocket(socket));
  await using rig = await startRig(upstream, { timeouts: { answerMs: 400 } });
  const socket = await openTls(rig, `${allowed}:443`);
  const { text, isClosed } = await say(socket, ask(allowed), { forMs: 5_000 });
  expect([/^HTTP\/1\.1 504 /.test(text), /"reason":"upstream-timeout"/.test(text), isClosed]).toEqual([true, true, true]);
  await expect.poll(() => [rig.proxy.stats().active, upstream.sockets.size]).toEqual([0, 0]);
  expect(rig.events.at(-1)).toMatchObject({ decision: "allow", layer: "upstream", reason: "upstream-timeout", status: 504 });
  socket.destroy();
});

test("an accepted WebSocket may be silent for longer than an answer may take", async () => {
  await using upstream = await startSocketServer((socket) => setTimeout(() => socket.write("\x81\x04late", "latin1"), 900));
  await using rig = await startRig(upstream, { timeouts: { answerMs: 300 } });
  const socket = await openTls(rig, `${allowed}:443`);
  expect((await say(socket, ask(allowed), { until: /late$/, forMs: 5_000 })).text).toMatch(/^HTTP\/1\.1 101 [^]*late$/);
  socket.destroy();
});

test("an upstream that closes closes the client", async () => {
  await using upstream = await startSocketServer((socket) => socket.end("\x81\x03bye", "latin1"));
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  const { text, isClosed } = await say(socket, ask(allowed));
  expect([text.endsWith("\r\n\r\n\x81\x03bye"), isClosed]).toEqual([true, true]);
  socket.destroy();
});

test("a reflected credential is hidden in frames", async () => {
  await using upstream = await startSocketServer((socket) => void socket.write(`\x81\x16${secret}`, "latin1"));
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  expect((await say(socket, ask(allowed), { until: /\*$/ })).text).toMatch(new RegExp(`\\x81\\x16\\*{${secret.length}}$`));
  socket.destroy();
});

test.each([
  ["compressed", "Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\nno", "response-encoded"],
  ["recoded", "Transfer-Encoding: gzip, chunked\r\n\r\n2\r\nno\r\n0\r\n\r\n", "upstream-broken"],
])("a refusal that is %s is not passed on where a credential must be found in it", async (_, head, reason) => {
  await using upstream = await startUpstream(allowed, () => {}, (_request, socket) => socket.end(`HTTP/1.1 403 No\r\n${head}`));
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  expect((await say(socket, ask(allowed))).text).toMatch(new RegExp(`^HTTP/1\\.1 502 [^]*"reason":"${reason}"`));
  socket.destroy();
});

test("a refusal that breaks off is cut, and nothing is added to it", async () => {
  await using upstream = await startUpstream(allowed, () => {}, (_request, socket) => {
    socket.write("HTTP/1.1 403 No\r\nTransfer-Encoding: chunked\r\n\r\n6\r\nhello\n\r\n");
    setTimeout(() => socket.end("zz\r\n"), 50);
  });
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  expect((await say(socket, ask(allowed))).text).toMatch(/^HTTP\/1\.1 403 No\r\nConnection: close\r\n\r\nhello\n$/);
  await expect.poll(() => rig.events.at(-1)).toMatchObject({ reason: "upstream-broken", status: 403 });
  socket.destroy();
});

test.each([["masked", "\x81\x85abcdHELLO"], ["compressed", "\xc1\x05HELLO"]])("a %s frame from an upstream, which could not be searched, cuts both sides", async (_, frame) => {
  await using upstream = await startSocketServer((socket) => void socket.on("error", () => {}).write(frame, "latin1"));
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  const { text, isClosed } = await say(socket, ask(allowed));
  expect([text.includes("HELLO"), isClosed]).toEqual([false, true]);
  await expect.poll(() => upstream.sockets.size).toBe(0);
  socket.destroy();
});

test("the gate holds: Host, route, login, target form, other upgrades", async () => {
  await using upstream = await startSocketServer(() => {});
  await using rig = await startRig(upstream, { routes: [{ host: allowed, paths: ["/other"] }], proxyCredential: { username: "u", password: "p" } });
  const login = `Proxy-Authorization: Basic ${Buffer.from("u:p").toString("base64")}\r\n`;
  const outside = async (text: string): Promise<string> => {
    const socket = await dialProxy(rig);
    const heard = await say(socket, text, { until: /\}\n/ });
    socket.destroy();
    return /"reason":"([a-z-]+)"/.exec(heard.text)?.[1] ?? heard.text;
  };
  const absolute = (host: string): string => ask(host, login).replace("/ws", `http://${host}/ws`);
  expect(await outside(ask(allowed))).toBe("proxy-login");
  expect(await outside(ask(allowed, login))).toBe("request-target-form");
  expect(await outside(absolute(evil))).toBe("no-route");
  expect(await outside(absolute(allowed))).toBe("path-not-allowed");
  expect(await outside(absolute(allowed).replace(`Host: ${allowed}`, `Host: ${evil}`))).toBe("authority-mismatch");
  expect(upstream.requests).toEqual([]);
});

test("a removed route and freeze cut a WebSocket", async () => {
  await using upstream = await startSocketServer((socket) => socket.on("error", () => {}));
  await using rig = await startRig(upstream);
  for (const cut of [() => void rig.proxy.reload({ routes: [{ host: allowed, paths: ["/other"] }] }), () => rig.proxy.freeze()]) {
    rig.proxy.reload({ routes: [{ host: allowed }] });
    const socket = await openTls(rig, `${allowed}:443`);
    await say(socket, ask(allowed), { until: /\r\n\r\n/ });
    cut();
    expect((await say(socket, "")).isClosed).toBe(true);
    await expect.poll(() => upstream.sockets.size).toBe(0);
    socket.destroy();
  }
});

test("a client that goes away while its upstream is dialled leaves nothing under way", async () => {
  await using upstream = await startSocketServer(() => {});
  const [host = "", port] = upstream.address.split(":");
  await using slow = createServer((socket) => void setTimeout(() => {
    const onward = connect({ host, port: Number(port) }).on("error", () => {}).once("close", () => socket.destroy());
    socket.on("error", () => {}).once("close", () => onward.destroy()).pipe(onward).pipe(socket);
  }, 300));
  await once(slow.listen(0, "127.0.0.1"), "listening");
  await using rig = await startRig(upstream, { hosts: { [allowed]: `127.0.0.1:${(slow.address() as AddressInfo).port}` } });
  const socket = await openTls(rig, `${allowed}:443`);
  socket.write(ask(allowed));
  await new Promise((resolve) => setTimeout(resolve, 100));
  reset(socket);
  await expect.poll(() => rig.events, { timeout: 3_000 }).toMatchObject([{ decision: "allow", reason: "cut" }]);
  await expect.poll(() => [rig.proxy.stats().active, upstream.sockets.size]).toEqual([0, 0]);
});

// Sixteen frames of 64 KiB, head included.
const mebibyte = Buffer.concat(Array.from({ length: 16 }, () => Buffer.concat([Buffer.from("\x82\x7e\xff\xfc", "latin1")], 65_536)));

test("a stalled reader stops the sender", async () => {
  let sentMiB = 0;
  await using upstream = await startSocketServer((socket) => {
    const write = (): void => {
      while (sentMiB < 600 && socket.write(mebibyte)) sentMiB += 1;
    };
    socket.on("drain", write);
    write();
  });
  await using rig = await startRig(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  socket.pause();
  socket.write(ask(allowed));
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect(sentMiB).toBeLessThan(100);
  socket.destroy();
});
