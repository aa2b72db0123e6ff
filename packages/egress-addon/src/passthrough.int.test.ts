import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import type { EgressOptions } from "./options.ts";
import { checkLeaks } from "./testing/leaks.ts";
import { dialProxy, openTunnel, reset, say } from "./testing/raw-client.ts";
import { allowed, evil, type Rig, secret, startRig } from "./testing/rig.ts";
import { canary, listed, outcome } from "./testing/scanned.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";

checkLeaks();
const dns = vi.hoisted(() => ({ addresses: [] as string[], asked: [] as string[] }));
vi.mock("@bottle/way-out", async (original) => ({
  ...await original<object>(),
  resolveName: async (host: string) => {
    dns.asked.push(host);
    return dns.addresses;
  },
}));

let upstream: Upstream;
beforeEach(async () => {
  await upstream?.[Symbol.asyncDispose]();
  dns.asked.splice(0);
  upstream = await startUpstream(allowed, (request, response) => {
    if (request.url === "/stream") response.write("begun");
    else request.resume().once("end", () => response.end(`own ${request.headers.authorization ?? "bare"}`));
  });
});
afterAll(() => upstream[Symbol.asyncDispose]());

const startUnread = (options: Partial<EgressOptions> & Parameters<typeof startRig>[1] = {}): Promise<Rig> => startRig(upstream, { routes: [{ host: allowed, passthrough: true }],
  secrets: [{ name: "listed", value: listed }], canaries: [{ name: "trap", value: canary }], ...options });

/** TLS with the upstream itself, through a tunnel; with an empty name it sends none. */
async function speak(rig: Rig, servername: string = allowed, authority = `${allowed}:443`): Promise<TLSSocket> {
  const tunnel = await openTunnel(rig, authority);
  const secure = connectTls({ socket: tunnel, ca: upstream.caCertificate, servername, checkServerIdentity: () => undefined });
  secure.on("error", () => {}).once("close", () => tunnel.destroy());
  await Promise.race([once(secure, "secureConnect"), once(secure, "close")]);
  return secure;
}

/** The bytes of a ClientHello for a name. */
async function helloFor(servername?: string): Promise<Buffer> {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = connectTls({ host: "127.0.0.1", port: (server.address() as AddressInfo).port, ...(servername === undefined ? {} : { servername }) }).on("error", () => {});
  const [socket] = await once(server, "connection") as [Socket];
  const [hello] = await once(socket, "data") as [Buffer];
  client.destroy();
  socket.destroy();
  await new Promise((resolve) => server.close(resolve));
  return hello;
}

const get = (path = "/", body = ""): string => `POST ${path} HTTP/1.1\r\nHost: ${allowed}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const idle = (rig: Rig): Promise<void> => expect.poll(() => [upstream.sockets.size, rig.proxy.stats().active]).toEqual([0, 0]);

test("TLS passes with the upstream's own certificate, unread, without a credential, and its bytes are counted", async () => {
  await using rig = await startUnread();
  const socket = await speak(rig);
  expect([socket.authorized, socket.getPeerCertificate().issuer.CN]).toEqual([true, "test upstream"]);
  const { text } = await say(socket, get("/", `${listed} ${canary}`), { until: /bare/ });
  expect([outcome(text), text.includes(secret)]).toEqual(["200", false]);
  expect(upstream.requests[0]?.headers.authorization).toBeUndefined();
  socket.destroy();
  await expect.poll(() => rig.events[0]).toMatchObject({ decision: "allow", reason: "allowed", method: "CONNECT", host: allowed, port: 443, route: allowed });
  expect(rig.events[0]?.bytesOut).toBeGreaterThan(300);
  expect(rig.events[0]?.bytesIn).toBeGreaterThan(300);
  expect(rig.events).toHaveLength(1);
  await idle(rig);
});

test("a ClientHello may come in single bytes, and with the CONNECT itself", async () => {
  await using rig = await startUnread();
  const hello = await helloFor(allowed);
  const dripping = await openTunnel(rig, `${allowed}:443`);
  dripping.setNoDelay(true);
  const answered = once(dripping, "data");
  for (const byte of hello) {
    dripping.write(Buffer.from([byte]));
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(((await answered) as [Buffer])[0][0]).toBe(22);
  dripping.destroy();
  const early = await dialProxy(rig);
  early.write(Buffer.concat([Buffer.from(`CONNECT ${allowed}:443 HTTP/1.1\r\nHost: ${allowed}:443\r\n\r\n`), hello]));
  expect((await say(early, "", { until: /\r\n\r\n\x16\x03/ })).text).toMatch(/^HTTP\/1\.1 200 [^]*\x16\x03/);
  early.destroy();
  await idle(rig);
});

/** A hello in which one name has become two of the same length in all. */
function withTwoNames(hello: Buffer): Buffer {
  const two = Buffer.from(hello);
  const at = two.indexOf(allowed);
  two.writeUInt16BE(4, at - 2);
  two[at + 4] = 0;
  two.writeUInt16BE(allowed.length - 7, at + 5);
  return two;
}

test.each<[string, () => Promise<Buffer | string>, string]>([
  ["a hello for another name", () => helloFor(evil), "authority-mismatch"],
  ["a hello for a name below", () => helloFor(`a.${allowed}`), "authority-mismatch"],
  ["a hello without a name", () => helloFor(), "authority-mismatch"],
  ["a hello for two names", async () => withTwoNames(await helloFor(allowed)), "tunnel-not-tls"],
  ["plain HTTP", async () => get(), "tunnel-not-tls"],
  ["SSH", async () => "SSH-2.0-OpenSSH_9.9\r\n", "tunnel-not-tls"],
  ["TLS that goes on before it began", async () => Buffer.from([23, 3, 3, 0, 5, 1, 2, 3, 4, 5]), "tunnel-not-tls"],
  ["a hello longer than any", async () => Buffer.concat([Buffer.from([22, 3, 1, 0x40, 0, 1, 0xff, 0xff, 0xff]), ...Array.from({ length: 3 }, () => Buffer.concat([Buffer.alloc(0x3ffc), Buffer.from([22, 3, 1, 0x40, 0])]))]), "tunnel-not-tls"],
  ["junk without end", async () => Buffer.alloc(1_000_000, 0x16), "tunnel-not-tls"],
])("%s is cut, and nothing of it reaches the upstream, nor is its name looked up", async (_, first, reason) => {
  await using rig = await startUnread({ hosts: {} });
  const tunnel = await openTunnel(rig, `${allowed}:443`);
  const bytes = await first();
  const { text, isClosed } = await say(tunnel, Buffer.from(bytes).toString("latin1"), { forMs: 5_000 });
  tunnel.destroy();
  expect([text, isClosed]).toEqual(["", true]);
  await expect.poll(() => rig.events).toMatchObject([{ decision: "deny", reason, method: "CONNECT", bytesOut: 0 }]);
  expect([dns.asked, upstream.sockets.size]).toEqual([[], 0]);
});

test("a tunnel in which nothing is said, or only half a hello, is cut, and the event says why", async () => {
  await using rig = await startUnread({ timeouts: { handshakeMs: 300 } });
  const hello = await helloFor(allowed);
  for (const first of ["", hello.subarray(0, 50).toString("latin1")]) {
    const tunnel = await openTunnel(rig, `${allowed}:443`);
    expect((await say(tunnel, first, { forMs: 5_000 })).isClosed).toBe(true);
    tunnel.destroy();
  }
  await expect.poll(() => rig.events).toMatchObject([{ decision: "deny", reason: "request-timeout" }, { decision: "deny", reason: "request-timeout" }]);
  await idle(rig);
});

test("a hello in thousands of records is read in little time", async () => {
  await using rig = await startUnread();
  const tunnel = await openTunnel(rig, `${allowed}:443`);
  const startedAt = performance.now();
  const record = Buffer.from([22, 3, 1, 0, 1, 0]);
  const records = Buffer.concat([Buffer.from([22, 3, 1, 0, 4, 1, 0, 0x7f, 0xff]), ...Array.from({ length: 5_500 }, () => record)]);
  const { isClosed } = await dripped(tunnel, records, 16);
  expect(isClosed).toBe(true);
  expect(performance.now() - startedAt).toBeLessThan(4_000);
});

async function dripped(socket: Socket, bytes: Buffer, size: number): Promise<{ readonly isClosed: boolean }> {
  socket.setNoDelay(true);
  for (let at = 0; at < bytes.length && !socket.destroyed; at += size) {
    socket.write(bytes.subarray(at, at + size));
    if (at % (size * 8) === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  const heard = await say(socket, "\x16\x03\x01\x01", { forMs: 5_000 });
  socket.destroy();
  return heard;
}

test("what the proxy would have to read is refused there, and told so", async () => {
  await using rig = await startUnread();
  const socket = await dialProxy(rig);
  const { text } = await say(socket, `GET http://${allowed}:443/ HTTP/1.1\r\nHost: ${allowed}:443\r\n\r\n`, { until: /\}\n$/ });
  expect(outcome(text)).toBe("403 passthrough-only");
  socket.destroy();
  await expect(openTunnel(rig, `${allowed}:80`)).rejects.toThrow("port-not-allowed");
  await expect(openTunnel(rig, `${evil}:443`)).rejects.toThrow("no-route");
});

test("a tunnel ends when either side does, and a reset leaves nothing", async () => {
  await using rig = await startUnread();
  const first = await speak(rig);
  for (const wire of upstream.sockets) wire.destroy();
  expect((await say(first, "", { forMs: 3_000 })).isClosed).toBe(true);
  first.destroy();
  await idle(rig);
  const second = await openTunnel(rig, `${allowed}:443`);
  await say(second, (await helloFor(allowed)).toString("latin1"), { until: /^\x16/ });
  reset(second);
  await idle(rig);
});

test("a policy that reads the host, or has it no more, cuts the tunnel, one that keeps it does not; freeze cuts it", async () => {
  await using rig = await startUnread();
  for (const cut of [() => rig.proxy.reload({ routes: [{ host: allowed }] }), () => rig.proxy.reload({ routes: [] }), () => rig.proxy.freeze()]) {
    rig.proxy.reload({ routes: [{ host: allowed, passthrough: true }] });
    const socket = await speak(rig);
    await say(socket, get("/stream"), { until: /begun/ });
    rig.proxy.reload({ routes: [{ host: evil }, { host: allowed, passthrough: true }] });
    await sleep(50);
    expect(socket.destroyed).toBe(false);
    cut();
    expect((await say(socket, "", { forMs: 3_000 })).isClosed).toBe(true);
    await idle(rig);
    socket.destroy();
  }
});

test("a tunnel that is read is cut by a policy that would not read it", async () => {
  await using rig = await startRig(upstream, { routes: [{ host: allowed }] });
  const tunnel = await openTunnel(rig, `${allowed}:443`);
  rig.proxy.reload({ routes: [{ host: allowed, passthrough: true }] });
  expect((await say(tunnel, "", { forMs: 3_000 })).isClosed).toBe(true);
  tunnel.destroy();
});

test("so many tunnels at one time, and again when one has ended", async () => {
  await using rig = await startUnread({ routes: [{ host: allowed, passthrough: true, limits: { concurrent: 2 } }] });
  const [one, other] = [await speak(rig), await openTunnel(rig, `${allowed}:443`)];
  await expect(openTunnel(rig, `${allowed}:443`)).rejects.toThrow(/^HTTP\/1\.1 429 [^]*"reason":"limit-concurrent"/);
  one.destroy();
  await expect.poll(() => openTunnel(rig, `${allowed}:443`).then((socket) => socket.destroy() !== undefined, () => false)).toBe(true);
  other.destroy();
  await expect.poll(() => rig.events.filter(({ reason }) => reason === "limit-concurrent").length).toBeGreaterThan(0);
  await idle(rig);
});

test("a private address behind the name is not dialled", async () => {
  await using rig = await startUnread({ hosts: {} });
  for (const addresses of [["127.0.0.1"], ["10.0.0.1"], ["93.184.216.34", "169.254.169.254"]]) {
    dns.addresses = addresses;
    const tunnel = await openTunnel(rig, `${allowed}:443`);
    expect((await say(tunnel, (await helloFor(allowed)).toString("latin1"), { forMs: 3_000 })).isClosed).toBe(true);
    tunnel.destroy();
    await expect.poll(() => rig.events.at(-1)).toMatchObject({ decision: "deny", reason: "address-forbidden" });
  }
  expect(upstream.sockets.size).toBe(0);
});

test("an address as the host needs no name in the hello", async () => {
  const port = Number(upstream.address.split(":")[1]);
  await using rig = await startUnread({ routes: [{ host: "127.0.0.1", ports: [port], passthrough: true }], hosts: { "127.0.0.1": upstream.address } });
  const socket = await speak(rig, "", `127.0.0.1:${port}`);
  expect((await say(socket, get(), { until: /bare/ })).text).toContain("own bare");
  socket.destroy();
  await idle(rig);
});

test("a stalled reader stops the sender", async () => {
  let sentMiB = 0;
  await using sender = await startUpstream(allowed, (_request, response) => {
    const chunk = Buffer.alloc(1_048_576);
    const write = (): void => {
      while (sentMiB < 600 && response.write(chunk)) sentMiB += 1;
    };
    response.on("drain", write);
    write();
  });
  await using rig = await startUnread({ hosts: { [allowed]: sender.address } });
  const tunnel = await openTunnel(rig, `${allowed}:443`);
  const socket = connectTls({ socket: tunnel, ca: sender.caCertificate, servername: allowed }).on("error", () => {});
  await once(socket, "secureConnect");
  socket.pause();
  socket.write(get());
  await sleep(800);
  expect(sentMiB).toBeLessThan(100);
  socket.destroy();
  tunnel.destroy();
});
