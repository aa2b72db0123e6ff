import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { expect, test } from "vitest";
import { createIssuer } from "./authority/leaf.ts";
import { mintAuthority } from "./authority/mint.ts";
import { type ConnectProxy, type OnConnect, startConnectProxy } from "@bottle/way-out/testing";
import { checkLeaks } from "./testing/leaks.ts";
import { dialProxy, getOnce, openTls, say } from "./testing/raw-client.ts";
import { allowed, type Rig, secret, startRig } from "./testing/rig.ts";
import { startRawUpstream, startUpstream, type Upstream } from "./testing/upstream.ts";

checkLeaks();
const reasonOf = (text: string): string => `${text.slice(9, 12)} ${/"reason":"([a-z-]+)"/.exec(text)?.[1] ?? text}`;
const portOf = (address: string): number => Number(address.split(":")[1]);
/** Leads every CONNECT to the upstream: TLS for 443, plain for the rest. */
const leadTo = (upstream: Upstream): OnConnect => (authority) => ({ port: portOf(authority.endsWith(":443") ? upstream.address : upstream.plainAddress) });
const login = { username: "corp", password: "hop-password-0123" };
const authorization = `Basic ${Buffer.from("corp:hop-password-0123").toString("base64")}`;
type Options = Parameters<typeof startRig>[1];
const behind = (upstream: Upstream, proxy: ConnectProxy, options: Options = {}): Promise<Rig> =>
  startRig(upstream, { hosts: {}, ...options, via: { proxy: `http://127.0.0.1:${proxy.port}`, ...options.via } });
const plainGet = async (rig: Rig, url: string): Promise<string> => {
  const socket = await dialProxy(rig);
  const { text } = await say(socket, `GET ${url} HTTP/1.1\r\nHost: ${new URL(url).host}\r\nConnection: close\r\n\r\n`);
  socket.destroy();
  return text;
};

test("upstreams are reached through the proxy, by name, with its login, over TLS that it cannot read", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end("outside"));
  const seen: string[] = [];
  await using proxy = await startConnectProxy((authority, head, socket) => {
    socket.on("data", (chunk: Buffer) => void seen.push(chunk.toString("latin1")));
    return leadTo(upstream)(authority, head, socket);
  });
  await using rig = await behind(upstream, proxy, { via: { proxy: `http://127.0.0.1:${proxy.port}`, credential: login } });
  expect(await getOnce(rig, allowed, "/a?b")).toMatch(/^HTTP\/1\.1 200 [^]*outside$/);
  expect(proxy.heads).toEqual([`CONNECT ${allowed}:443 HTTP/1.1\r\nHost: ${allowed}:443\r\nProxy-Authorization: ${authorization}\r\n\r\n`]);
  expect(upstream.requests[0]?.headers).toMatchObject({ authorization: `Bearer ${secret}` });
  expect(upstream.requests[0]?.headers["proxy-authorization"]).toBeUndefined();
  expect(seen.join("")).not.toMatch(/Bearer|real-secret|HTTP\/1\.1/);
});

test("connections through the proxy are kept for later requests", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end("fine"));
  await using proxy = await startConnectProxy(leadTo(upstream));
  await using rig = await behind(upstream, proxy);
  for (let round = 0; round < 3; round += 1) expect(await getOnce(rig, allowed)).toContain("200 OK");
  expect(proxy.heads).toHaveLength(1);
});

test("plain http goes through a tunnel too", async () => {
  await using upstream = await startUpstream(allowed, (request, response) => response.end(`plain ${request.url}`));
  await using proxy = await startConnectProxy(leadTo(upstream));
  await using rig = await behind(upstream, proxy, { routes: [{ host: allowed }] });
  expect(await plainGet(rig, `http://${allowed}/x`)).toMatch(/plain \/x$/);
  expect(proxy.heads).toEqual([`CONNECT ${allowed}:80 HTTP/1.1\r\nHost: ${allowed}:80\r\n\r\n`]);
});

test.each(["http", "https"])("a WebSocket over %s goes through the proxy, both ways", async (scheme) => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end(), (_request, socket) => {
    socket.write("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nhello");
    socket.on("data", (chunk: Buffer) => socket.write(`<${chunk.toString()}>`));
    socket.on("end", () => socket.end());
  });
  await using proxy = await startConnectProxy(leadTo(upstream));
  await using rig = await behind(upstream, proxy, { routes: [{ host: allowed }] });
  const socket = scheme === "https" ? await openTls(rig, `${allowed}:443`) : await dialProxy(rig);
  const target = scheme === "https" ? "/" : `http://${allowed}/`;
  const upgrade = `GET ${target} HTTP/1.1\r\nHost: ${allowed}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`;
  expect((await say(socket, upgrade, { until: /hello/ })).text).toContain("101 Switching");
  expect((await say(socket, "\x81\x84\0\0\0\0ping", { until: />/ })).text).toContain("ping>");
  expect(proxy.heads).toHaveLength(1);
  socket.destroy();
});

test("a proxy that is spoken to over TLS is verified: by its own CA it works, without it nothing is said to it", async () => {
  const authority = mintAuthority({ commonName: "corporate" });
  const leaf = createIssuer(authority)("localhost");
  await using upstream = await startUpstream(allowed, (_request, response) => response.end("outside"));
  await using proxy = await startConnectProxy(leadTo(upstream), { cert: leaf.certificate, key: leaf.key });
  const via = { proxy: `https://localhost:${proxy.port}`, credential: login };
  await using fine = await behind(upstream, proxy, { via: { ...via, caCertificates: [authority.certificate] } });
  expect(await getOnce(fine, allowed)).toMatch(/outside$/);
  await using wrong = await behind(upstream, proxy, { via });
  expect(reasonOf(await getOnce(wrong, allowed))).toBe("502 hop-unreachable");
  await using misnamed = await behind(upstream, proxy, { via: { ...via, proxy: `https://127.0.0.1:${proxy.port}`, caCertificates: [authority.certificate] } });
  expect(reasonOf(await getOnce(misnamed, allowed))).toBe("502 hop-unreachable");
  expect(proxy.heads).toHaveLength(1);
});

test("the upstream's own certificate is verified inside the tunnel", async () => {
  await using upstream = await startUpstream("someone-else.test", (_request, response) => response.end());
  await using proxy = await startConnectProxy(leadTo(upstream));
  await using rig = await behind(upstream, proxy);
  expect(reasonOf(await getOnce(rig, allowed))).toBe("502 upstream-untrusted");
  await using unknown = await behind(upstream, proxy, { upstreamCas: [] });
  expect(reasonOf(await getOnce(unknown, allowed))).toBe("502 upstream-untrusted");
  expect(upstream.requests).toEqual([]);
});

test("the hop's CAs are trusted for what comes through it, and for nothing that is dialled directly", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end("outside"));
  await using proxy = await startConnectProxy(leadTo(upstream));
  const options = { upstreamCas: [], via: { proxy: `http://127.0.0.1:${proxy.port}`, caCertificates: [upstream.caCertificate] } };
  await using through = await behind(upstream, proxy, options);
  expect(await getOnce(through, allowed)).toMatch(/outside$/);
  await using direct = await behind(upstream, proxy, { ...options, hosts: { [allowed]: upstream.address } });
  expect(reasonOf(await getOnce(direct, allowed))).toBe("502 upstream-untrusted");
  expect(direct.proxy.caCertificate).not.toBe(upstream.caCertificate);
});

test.each([
  [407, "502 hop-refused"], [403, "502 hop-refused"], [404, "502 hop-refused"], [302, "502 hop-refused"], [429, "502 hop-refused"],
  [500, "502 upstream-unreachable"], [502, "502 upstream-unreachable"], [503, "502 upstream-unreachable"], [504, "504 upstream-timeout"],
])("a proxy that answers %i gives %s, and none of its words", async (status, expected) => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end());
  await using proxy = await startConnectProxy((_authority, _head, socket) => {
    socket.end(`HTTP/1.1 ${status} Their-Reason\r\nX-Their: header\r\nProxy-Authenticate: Basic realm="their realm"\r\nLocation: http://their.test/\r\n\r\n<html>their page</html>`);
    return undefined;
  });
  await using rig = await behind(upstream, proxy, { via: { proxy: `http://127.0.0.1:${proxy.port}`, credential: login } });
  const text = await getOnce(rig, allowed);
  expect(reasonOf(text)).toBe(expected);
  expect(text).not.toMatch(/their|127\.0\.0\.1|hop-password|proxy-authenticate/i);
  expect(rig.events[0]).toMatchObject({ decision: "allow", layer: "upstream", reason: expected.slice(4) });
  expect(JSON.stringify(rig.events)).not.toMatch(/hop-password|Y29ycD/);
});

test.each<readonly [string, (socket: Socket) => void, string]>([
  ["garbage", (socket) => void socket.write("SSH-2.0-x\r\n"), "502 upstream-broken"],
  ["a head without end", (socket) => void socket.write(`HTTP/1.1 200 OK\r\nX: ${"y".repeat(40_000)}`), "502 upstream-broken"],
  ["a close before the answer", (socket) => void socket.end(), "502 upstream-broken"],
  ["a close in the head", (socket) => void socket.end("HTTP/1.1 200 O"), "502 upstream-broken"],
  ["a reset", (socket) => void socket.resetAndDestroy(), "502 upstream-broken"],
  ["an answer and then bytes that nobody asked for", (socket) => void socket.write("HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged"), "502 upstream-broken"],
  ["silence", () => {}, "504 upstream-timeout"],
  ["one byte a while", (socket) => {
    const timer = setInterval(() => void socket.write("H"), 50);
    socket.once("close", () => clearInterval(timer));
  }, "502 upstream-broken"],
  ["headers that drip", (socket) => {
    socket.write("HTTP/1.1 200 OK\r\n");
    const timer = setInterval(() => void socket.write("X: y\r\n"), 50);
    socket.once("close", () => clearInterval(timer));
  }, "504 upstream-timeout"],
])("a proxy that sends %s is given up", async (_what, misbehave, expected) => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end());
  await using proxy = await startConnectProxy((_authority, _head, socket) => {
    misbehave(socket);
    return undefined;
  });
  await using rig = await behind(upstream, proxy, { routes: [{ host: allowed }], timeouts: { connectMs: 400 } });
  expect(reasonOf(await getOnce(rig, allowed))).toBe(expected);
  expect(reasonOf(await plainGet(rig, `http://${allowed}/`))).toBe(expected);
  while (proxy.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
});

test("a proxy whose tunnel leads to no TLS server, or to a silent one, is given up", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end());
  await using silent = await startRawUpstream(allowed, () => {});
  await using plain = await startConnectProxy(() => ({ port: portOf(upstream.plainAddress) }));
  await using rig = await behind(upstream, plain);
  expect(reasonOf(await getOnce(rig, allowed))).toMatch(/^502 upstream-(?:broken|untrusted)$/);
  await using stuck = await startConnectProxy(() => ({ port: portOf(silent.plainAddress) }));
  await using late = await behind(upstream, stuck, { timeouts: { connectMs: 400 } });
  expect(reasonOf(await getOnce(late, allowed))).toBe("504 upstream-timeout");
  while (stuck.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
});

test("a proxy that is not there gives 502", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  await using upstream = await startUpstream(allowed, (_request, response) => response.end());
  await using rig = await startRig(upstream, { hosts: {}, via: { proxy: `http://127.0.0.1:${port}` } });
  const text = await getOnce(rig, allowed);
  expect(reasonOf(text)).toBe("502 hop-unreachable");
  expect(text).not.toMatch(/127\.0\.0\.1|ECONN/);
});

test("private addresses, private names and the proxy's own listener are refused, and the hop is not asked", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end("inside"));
  await using proxy = await startConnectProxy(leadTo(upstream));
  const hosts = ["10.0.0.1", "127.0.0.1", "169.254.169.254", "[::1]", "[::ffff:a00:1]", "localhost", "x.localhost", "intranet", "metadata.google.internal", "nas.local"];
  const routes = [...hosts.map((host) => ({ host: host.replace(/[[\]]/g, ""), ports: [80, proxy.port] }))];
  await using rig = await behind(upstream, proxy, { routes });
  for (const host of hosts) expect(reasonOf(await plainGet(rig, `http://${host}/`))).toBe("403 address-forbidden");
  expect(reasonOf(await plainGet(rig, `http://127.0.0.1:${proxy.port}/`))).toBe("403 own-listener");
  expect(proxy.heads).toEqual([]);
  expect(proxy.sockets.size).toBe(0);
});

test("a fixed host that leads to the hop itself is refused", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end());
  await using proxy = await startConnectProxy(leadTo(upstream));
  await using rig = await behind(upstream, proxy, { routes: [{ host: allowed }], hosts: { [allowed]: `127.0.0.1:${proxy.port}` } });
  expect(reasonOf(await plainGet(rig, `http://${allowed}/`))).toBe("403 own-listener");
  expect(proxy.heads).toEqual([]);
});

test("an allowed private address goes through the hop; what noProxy holds goes directly, and there the guard decides", async () => {
  await using upstream = await startUpstream("127.0.0.1", (_request, response) => response.end("inside"));
  await using proxy = await startConnectProxy(leadTo(upstream));
  const port = portOf(upstream.plainAddress);
  const routes = [{ host: "127.0.0.1", ports: [port] }, { host: "localhost", ports: [port] }];
  const allowPrivate = [{ host: "127.0.0.1", port, cidr: "127.0.0.1" }];
  await using rig = await behind(upstream, proxy, { routes, allowPrivate });
  expect(await plainGet(rig, `http://127.0.0.1:${port}/`)).toMatch(/inside$/);
  expect(proxy.heads).toHaveLength(1);
  await using beside = await behind(upstream, proxy, { routes, allowPrivate, via: { proxy: `http://127.0.0.1:${proxy.port}`, noProxy: ["127.0.0.0/8", "localhost"] } });
  expect(await plainGet(beside, `http://127.0.0.1:${port}/`)).toMatch(/inside$/);
  expect(reasonOf(await plainGet(beside, `http://localhost:${port}/`))).toBe("403 address-forbidden");
  expect(proxy.heads).toHaveLength(1);
});

test("a name is not resolved here if the hop resolves it", async () => {
  await using upstream = await startUpstream("does-not-exist.invalid", (_request, response) => response.end("outside"));
  await using proxy = await startConnectProxy(leadTo(upstream));
  await using rig = await behind(upstream, proxy, { routes: [{ host: "does-not-exist.invalid" }] });
  expect(await getOnce(rig, "does-not-exist.invalid")).toMatch(/outside$/);
});

test("what no route allows never reaches the hop", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end());
  await using proxy = await startConnectProxy(leadTo(upstream));
  await using rig = await behind(upstream, proxy);
  expect(reasonOf(await plainGet(rig, "http://evil.test/"))).toBe("403 no-route");
  expect(proxy.sockets.size).toBe(0);
});

test("a client that names a proxy login of its own does not reach the hop with it", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end("fine"));
  await using proxy = await startConnectProxy(leadTo(upstream));
  await using rig = await behind(upstream, proxy, { routes: [{ host: allowed }] });
  const socket = await dialProxy(rig);
  await say(socket, `GET http://${allowed}/ HTTP/1.1\r\nHost: ${allowed}\r\nProxy-Authorization: Basic b3du\r\nConnection: close\r\n\r\n`);
  socket.destroy();
  expect(proxy.heads.join("")).not.toMatch(/authorization/i);
  expect(upstream.requests[0]?.headers["proxy-authorization"]).toBeUndefined();
});

test("a freeze cuts what goes through the hop", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => void response.write("begin"));
  await using proxy = await startConnectProxy(leadTo(upstream));
  await using rig = await behind(upstream, proxy);
  const socket = await openTls(rig, `${allowed}:443`);
  await say(socket, `GET / HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, { until: /begin/ });
  rig.proxy.freeze();
  while (proxy.sockets.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  expect(upstream.sockets.size).toBe(0);
  socket.destroy();
});

test("a hop that cannot be read stops the start, and its credential is not in the error", async () => {
  await using upstream = await startUpstream(allowed, (_request, response) => response.end());
  for (const via of [{ proxy: "socks5://127.0.0.1:1" }, { proxy: "http://127.0.0.1:1", noProxy: ["*.x"] }, { proxy: "http://127.0.0.1:1", credential: { username: "u", password: "hunter2\n" } }]) {
    await expect(startRig(upstream, { via })).rejects.toMatchObject({ code: "option-invalid", message: expect.not.stringContaining("hunter2") });
  }
});
