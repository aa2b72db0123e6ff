import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { EgressError } from "./errors.ts";
import { checkLeaks } from "./testing/leaks.ts";
import { dialProxy, getOnce, openTls, openTunnel, say } from "./testing/raw-client.ts";
import { allowed, evil, startRig, secret } from "./testing/rig.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";

checkLeaks();
let upstream: Upstream;

beforeAll(async () => {
  upstream = await startUpstream(allowed, (request, response) => {
    if (request.url === "/stream") response.write("begun");
    else response.end("fine");
  });
});
afterAll(() => upstream[Symbol.asyncDispose]());

const bodyOf = (text: string): unknown => JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4));

test("a denial says layer, reason, request, what may help, and how to ask", async () => {
  await using rig = await startRig(upstream, { routes: [{ host: allowed, methods: ["POST"], paths: ["/v1/*"] }], howToAsk: "Call egress-block." });
  const text = await getOnce(rig, allowed, "/v1/x?key=private");
  expect(text).toMatch(/^HTTP\/1\.1 403 Forbidden\r\n/);
  expect(text).toMatch(/\r\nx-bottle-block-reason: method-not-allowed\r\n/);
  expect(bodyOf(text)).toEqual({
    layer: "route", reason: "method-not-allowed", message: "A route allows this host, but not this method.",
    host: allowed, method: "GET", path: "/v1/x", retry: "ask", how_to_ask: "Call egress-block.",
  });
  expect(rig.events).toEqual([expect.objectContaining({ type: "request", decision: "deny", layer: "route", reason: "method-not-allowed", host: allowed, port: 443, method: "GET", path: "/v1/x", status: 403 })]);
});

test("what is under way when the proxy ends is recorded before it has ended", async () => {
  const rig = await startRig(upstream, { routes: [{ host: allowed, methods: ["GET"] }] });
  const open = await Promise.all([0, 1, 2].map(() => openTls(rig, `${allowed}:443`)));
  await Promise.all(open.map((socket) => say(socket, `GET /stream HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, { until: /begun/ })));
  const refused = await openTls(rig, `${allowed}:443`);
  await say(refused, `PUT /stream HTTP/1.1\r\nHost: ${allowed}\r\nContent-Length: 9\r\n\r\n`, { until: /method-not-allowed/ });
  expect(rig.events).toMatchObject([{ decision: "deny", method: "PUT", status: 403 }]);
  await rig[Symbol.asyncDispose]();
  expect(rig.events.slice(1)).toMatchObject([0, 1, 2].map(() => ({ decision: "allow", path: "/stream", reason: "cut", status: 200 })));
  for (const socket of [...open, refused]) socket.destroy();
});

test("a refused CONNECT has the same body", async () => {
  await using rig = await startRig(upstream);
  const socket = await dialProxy(rig);
  const { text, isClosed } = await say(socket, `CONNECT ${evil}:443 HTTP/1.1\r\nHost: ${evil}:443\r\n\r\n`);
  expect(isClosed).toBe(true);
  expect(bodyOf(text)).toMatchObject({ layer: "route", reason: "no-route", host: evil, method: "CONNECT", retry: "ask" });
  socket.destroy();
});

test("what a guard refuses cannot be asked for", async () => {
  await using rig = await startRig(upstream, { routes: [{ host: allowed }] });
  expect(bodyOf(await getOnce(rig, allowed, "/a.git/info/refs?service=git-receive-pack"))).toMatchObject({ layer: "git", reason: "git-push", retry: "never", how_to_ask: null });
});

test("a git push is refused by its content type too", async () => {
  await using rig = await startRig(upstream, { routes: [{ host: allowed }] });
  const socket = await openTls(rig, `${allowed}:443`);
  const { text } = await say(socket, `POST /hidden HTTP/1.1\r\nHost: ${allowed}\r\nContent-Type: application/x-git-receive-pack-request\r\nContent-Length: 0\r\n\r\n`, { until: /\}\n/ });
  expect(text).toContain("\"reason\":\"git-push\"");
  socket.destroy();
});

test("a plain http request is allowed and denied by its route", async () => {
  await using rig = await startRig(upstream, { routes: [{ host: allowed, paths: ["/ok"] }], hosts: { [allowed]: upstream.plainAddress } });
  const ask = async (path: string): Promise<string> => {
    const socket = await dialProxy(rig);
    const { text } = await say(socket, `GET http://${allowed}${path} HTTP/1.1\r\nHost: ${allowed}\r\nConnection: close\r\n\r\n`);
    socket.destroy();
    return text.slice(9, 12);
  };
  expect([await ask("/ok"), await ask("/no")]).toEqual(["200", "403"]);
});

test("the proxy's login is asked for, checked, and not passed on", async () => {
  await using rig = await startRig(upstream, { proxyCredential: { username: "u", password: "p" }, hosts: { [allowed]: upstream.address } });
  const good = `Proxy-Authorization: Basic ${Buffer.from("u:p").toString("base64")}\r\n`;
  const wrong = `Proxy-Authorization: Basic ${Buffer.from("u:q").toString("base64")}\r\n`;
  for (const request of [`CONNECT ${allowed}:443 HTTP/1.1\r\nHost: ${allowed}\r\n`, "GET http://_egress.local/ HTTP/1.1\r\nHost: _egress.local\r\n"]) {
    for (const header of ["", wrong]) {
      const socket = await dialProxy(rig);
      expect((await say(socket, `${request}${header}\r\n`, { until: /\}\n/ })).text).toMatch(/^HTTP\/1\.1 407 [^]*\r\nproxy-authenticate: Basic realm="bottle"\r\n/);
      socket.destroy();
    }
    const socket = await dialProxy(rig);
    expect((await say(socket, `${request}${good}\r\n`, { until: /\r\n\r\n/ })).text).toMatch(/^HTTP\/1\.1 200 /);
    socket.destroy();
  }
  upstream.requests.splice(0);
  const tunnel = await openTunnel(rig, `${allowed}:443`, good);
  tunnel.destroy();
  expect(rig.events.filter(({ reason }) => reason === "proxy-login").length).toBe(4);
  expect(JSON.stringify(rig.events)).not.toContain(Buffer.from("u:q").toString("base64"));
});

test("introspection shows the routes in force, and no credential or reference", async () => {
  await using rig = await startRig(upstream);
  const socket = await dialProxy(rig);
  const { text } = await say(socket, "GET http://_egress.local/ HTTP/1.1\r\nHost: _egress.local\r\n\r\n", { until: /\}\n/ });
  expect(bodyOf(text)).toEqual({ generation: 1, default: "deny", routes: [{ host: allowed, ports: [80, 443], methods: "any", paths: "any", credential: "bearer", dlp: "block" }] });
  expect(text).not.toMatch(new RegExp(`${secret}|TOKEN`));
  socket.destroy();
});

test("a new policy is in force at once, for open tunnels too, and what it no longer allows is cut", async () => {
  await using rig = await startRig(upstream, { routes: [{ host: allowed }] });
  const kept = await openTls(rig, `${allowed}:443`);
  const streaming = await openTls(rig, `${allowed}:443`);
  await say(streaming, `GET /stream HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, { until: /begun/ });
  expect(rig.proxy.reload({ routes: [{ host: allowed, paths: ["/ok"] }] })).toBe(2);
  expect((await say(streaming, "")).isClosed).toBe(true);
  expect((await say(kept, `GET /no HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, { until: /\}\n/ })).text).toContain("path-not-allowed");
  expect((await say(kept, `GET /ok HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, { until: /fine/ })).text).toContain("200 OK");
  expect(rig.proxy.reload({ routes: [] })).toBe(3);
  expect((await say(kept, "")).isClosed).toBe(true);
  expect(rig.proxy.generation).toBe(3);
  await expect(openTunnel(rig, `${allowed}:443`)).rejects.toThrow("no-route");
  for (const socket of [kept, streaming]) socket.destroy();
});

test("a bad candidate changes nothing and says why", async () => {
  await using rig = await startRig(upstream, { routes: [{ host: allowed }] });
  expect(() => rig.proxy.reload({ routes: [{ host: evil }, { host: "*" }] })).toThrow(new EgressError("policy-invalid", "The policy was refused: route 2 (*): host must be a name, an IP address, or *.name."));
  expect(rig.proxy.generation).toBe(1);
  expect(await getOnce(rig, allowed)).toMatch(/fine$/);
  await expect(openTunnel(rig, `${evil}:443`)).rejects.toThrow("no-route");
});

test("freeze cuts everything and refuses until thaw", async () => {
  await using rig = await startRig(upstream, { routes: [{ host: allowed }] });
  const streaming = await openTls(rig, `${allowed}:443`);
  await say(streaming, `GET /stream HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, { until: /begun/ });
  const idle = await dialProxy(rig);
  rig.proxy.freeze();
  expect([(await say(streaming, "")).isClosed, (await say(idle, "")).isClosed]).toEqual([true, true]);
  await expect.poll(() => [...upstream.sockets].length).toBe(0);
  await expect(openTunnel(rig, `${allowed}:443`)).rejects.toThrow("\"reason\":\"frozen\"");
  rig.proxy.thaw();
  expect(await getOnce(rig, allowed)).toMatch(/fine$/);
  for (const socket of [streaming, idle]) socket.destroy();
});

test("if a record cannot be written, nothing more may leave", async () => {
  await using rig = await startRig(upstream, { onEvent: () => { throw new Error("disk full"); } });
  await getOnce(rig, allowed);
  await expect.poll(() => rig.proxy.stats().frozen).toBe(true);
  await expect(openTunnel(rig, `${allowed}:443`)).rejects.toThrow("frozen");
});

test("over the limit, the connection that is idle for longest is closed, the others go on", async () => {
  await using rig = await startRig(upstream, { maxConnections: 2 });
  const [first, second] = [await openTls(rig, `${allowed}:443`), await openTls(rig, `${allowed}:443`)];
  const third = await dialProxy(rig);
  expect((await say(first, "")).isClosed).toBe(true);
  expect((await say(second, `GET / HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, { until: /\r\n\r\n/ })).text).toMatch(/^HTTP\/1\.1 200 /);
  expect((await say(third, "", { forMs: 200 })).isClosed).toBe(false);
  for (const socket of [first, second, third]) socket.destroy();
});

test("disposing closes idle and busy connections", async () => {
  const rig = await startRig(upstream);
  const sockets = [await dialProxy(rig), await openTunnel(rig, `${allowed}:443`), await openTls(rig, `${allowed}:443`)];
  sockets[2]?.write(`GET /stream HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`);
  await sleep(50);
  await rig[Symbol.asyncDispose]();
  expect(await Promise.all(sockets.map(async (socket) => (await say(socket, "", { forMs: 1_000 })).isClosed))).toEqual([true, true, true]);
});
