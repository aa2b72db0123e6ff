import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Pipelock, type PipelockRules, startPipelock } from "./hop/pipelock/index.ts";
import { checkLeaks } from "./testing/leaks.ts";
import { dialProxy, openTunnel, say } from "./testing/raw-client.ts";
import { type Rig, startRig } from "./testing/rig.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";

// These run a stand-in that keeps to pipelock's known contract, since pipelock itself cannot be installed here.
checkLeaks();
const unread = "unread.test";
const scanned = "scanned.test";
const routes = [{ host: unread, passthrough: true }, { host: scanned }] as const;
let directory: string;
beforeAll(async () => void (directory = await mkdtemp(join(tmpdir(), "pipelock-unread-"))));
afterAll(() => rm(directory, { recursive: true, force: true }));

interface World extends AsyncDisposable {
  readonly rig: Rig;
  readonly pipelock: Pipelock;
  readonly upstreams: Readonly<Record<typeof unread | typeof scanned, Upstream>>;
}

/** @param rules what pipelock follows; the proxy always follows `routes` */
async function start(rules: PipelockRules = { routes }): Promise<World> {
  await using stack = new AsyncDisposableStack();
  const own = async (host: string): Promise<Upstream> => stack.use(await startUpstream(host, (request, response) => {
    request.resume().on("end", () => response.end(`arrived at ${host}`));
  }));
  const upstreams = { [unread]: await own(unread), [scanned]: await own(scanned) };
  const ports = Object.fromEntries(Object.entries(upstreams).map(([host, { address }]) => [host, Number(address.split(":")[1])]));
  const binary = join(await mkdtemp(join(directory, "binary-")), "pipelock");
  const program = fileURLToPath(new URL("./testing/pipelock-stand-in.ts", import.meta.url));
  await writeFile(binary, `#!/bin/sh\nSTAND_IN_HOSTS='${JSON.stringify(ports)}' exec '${process.execPath}' --conditions=@bottle/source '${program}' "$@"\n`, { mode: 0o755 });
  const pipelock = stack.use(await startPipelock({ binary, directory: join(await mkdtemp(join(directory, "run-")), "state"), ...rules }));
  const rig = stack.use(await startRig(upstreams[unread], { routes, hosts: {}, upstreamCas: [upstreams[unread].caCertificate, upstreams[scanned].caCertificate], via: pipelock.via }));
  const resources = stack.move();
  return { rig, pipelock, upstreams, [Symbol.asyncDispose]: () => resources.disposeAsync() };
}

/** TLS of the client's own through a tunnel, trusting whom it is told to. */
async function speak(rig: Rig, options: { readonly authority: string; readonly servername: string; readonly ca: string }): Promise<TLSSocket> {
  const tunnel = await openTunnel(rig, options.authority);
  const secure = connectTls({ socket: tunnel, ca: options.ca, servername: options.servername });
  secure.on("error", () => {}).once("close", () => tunnel.destroy());
  const closed = new Promise((resolve) => secure.once("close", resolve));
  await Promise.race([new Promise((resolve) => secure.once("secureConnect", resolve)), closed]);
  return secure;
}
const get = (host: string): string => `GET / HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`;

test("a passthrough route's TLS goes through pipelock unread, to the upstream's own certificate, and that is said", async () => {
  await using world = await start();
  const { rig, pipelock, upstreams } = world;
  const socket = await speak(rig, { authority: `${unread}:443`, servername: unread, ca: upstreams[unread].caCertificate });
  expect([socket.authorized, socket.getPeerCertificate().issuer.CN]).toEqual([true, "test upstream"]);
  expect((await say(socket, get(unread))).text).toMatch(/arrived at unread/);
  await expect.poll(() => rig.events.at(-1)).toMatchObject({ decision: "allow", method: "CONNECT", host: unread });
  expect(pipelock.unscanned).toContain(`pipelock does not scan ${unread}: its route lets TLS through unread.`);
});

test("no tunnel to another host goes unread: not by its name, not by another name inside, not in the clear", async () => {
  await using world = await start();
  const { rig, upstreams } = world;
  // By its name: the proxy's own certificate, so it is read and scanned.
  const read = await speak(rig, { authority: `${scanned}:443`, servername: scanned, ca: rig.proxy.caCertificate });
  expect(read.authorized).toBe(true);
  expect((await say(read, get(scanned))).text).toMatch(/arrived at scanned/);
  // Another name inside the tunnel that passes unread: closed, and nobody is dialled.
  const before = upstreams[unread].requests.length + upstreams[scanned].requests.length;
  for (const [authority, servername] of [[unread, scanned], [scanned, unread], [unread, `x.${unread}`]] as const) {
    const socket = await speak(rig, { authority: `${authority}:443`, servername, ca: upstreams[scanned].caCertificate });
    expect([authority, servername, socket.authorized, socket.destroyed]).toEqual([authority, servername, false, true]);
  }
  // Another port of it, and a name below it, have no such route.
  for (const authority of [`${unread}:8443`, `x.${unread}:443`]) {
    const socket = await dialProxy(rig);
    expect((await say(socket, `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`, { until: /\}\n/ })).text).toMatch(/^HTTP\/1\.1 403 /);
    socket.destroy();
  }
  // What is not TLS, which pipelock would pass on a host that it does not read.
  const clear = await openTunnel(rig, `${unread}:443`);
  clear.write(get(unread));
  await once(clear, "close");
  expect(rig.events.at(-1)).toMatchObject({ reason: "tunnel-not-tls" });
  expect(upstreams[unread].requests.length + upstreams[scanned].requests.length).toBe(before);
  await expect.poll(() => upstreams[unread].sockets.size).toBe(0);
});

test("plain http goes through pipelock to neither, though it would pass it unread", async () => {
  await using world = await start();
  const { rig, upstreams } = world;
  for (const [host, refusal] of [[unread, /^HTTP\/1\.1 403 /], [scanned, /^HTTP\/1\.1 502 [^]*hop-refused/]] as const) {
    const socket = await dialProxy(rig);
    expect((await say(socket, `GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\n\r\n`, { until: /\}\n/ })).text).toMatch(refusal);
    socket.destroy();
    expect(upstreams[host].sockets.size).toBe(0);
  }
});

test("a pipelock that was not told of the route breaks into the tunnel: its certificate is nobody's to the client, and nothing arrives", async () => {
  await using world = await start({ routes: [{ host: unread }, { host: scanned }] });
  const { rig, upstreams } = world;
  const socket = await speak(rig, { authority: `${unread}:443`, servername: unread, ca: upstreams[unread].caCertificate });
  expect([socket.authorized, socket.destroyed]).toEqual([false, true]);
  expect(upstreams[unread].requests).toHaveLength(0);
});
