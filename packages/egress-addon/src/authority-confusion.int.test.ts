import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { connect as connectTls } from "node:tls";
import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { checkLeaks } from "./testing/leaks.ts";
import { dialProxy, getOnce, openTls, openTunnel, say } from "./testing/raw-client.ts";
import { allowed, evil, type Rig, secret, startRig } from "./testing/rig.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";

// Every way in which http-mitm-proxy was made to send a credential, or a request, to a host that was not decided on.
checkLeaks();
let upstream: Upstream;
let rig: Rig;

beforeAll(async () => {
  upstream = await startUpstream(allowed, (request, response) => response.end(`saw ${request.headers.host} ${request.url}`));
  rig = await startRig(upstream);
});
afterAll(async () => {
  await rig[Symbol.asyncDispose]();
  await upstream[Symbol.asyncDispose]();
});
beforeEach(() => void upstream.requests.splice(0));

const inTunnel = async (request: string): Promise<string> => {
  const socket = await openTls(rig, `${allowed}:443`);
  const { text } = await say(socket, request, { until: /\r\n\r\n[^]*\n$/, forMs: 2_000 });
  socket.destroy();
  return text;
};

test("the right request arrives, with the credential", async () => {
  expect(await getOnce(rig, allowed, "/x?y")).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*saw allowed\.test \/x\?y$/);
  expect(upstream.requests[0]?.headers.authorization).toBe(`Bearer ${secret}`);
});

test.each([
  ["another Host", `GET / HTTP/1.1\r\nHost: ${evil}\r\n\r\n`, 421],
  ["an absolute http target", `GET http://${evil}/ HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, 400],
  ["an absolute https target", `GET https://${evil}/ HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, 400],
  ["an absolute target in upper case", `GET HTTP://${evil}/ HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, 400],
  ["an absolute target to itself", `GET https://${allowed}/ HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, 400],
  ["userinfo before the host", `GET http://evil:x@${allowed}/ HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, 400],
  ["userinfo in Host", `GET / HTTP/1.1\r\nHost: evil:x@${allowed}\r\n\r\n`, 400],
  ["another port", `GET / HTTP/1.1\r\nHost: ${allowed}:1\r\n\r\n`, 421],
  ["two Hosts", `GET / HTTP/1.1\r\nHost: ${allowed}\r\nHost: ${evil}\r\n\r\n`, 400],
  ["no Host", "GET / HTTP/1.1\r\n\r\n", 400],
  ["no Host in HTTP/1.0", "GET / HTTP/1.0\r\n\r\n", 400],
  ["a Host that is no host", "GET / HTTP/1.1\r\nHost: http://[\r\n\r\n", 400],
  ["CONNECT", `CONNECT ${evil}:443 HTTP/1.1\r\nHost: ${evil}:443\r\n\r\n`, 400],
])("in a tunnel, %s is refused and sends nothing", async (_, request, status) => {
  expect(await inTunnel(request)).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
  expect(upstream.requests).toEqual([]);
});

test("the Host that reaches the upstream is ours, however the client wrote it", async () => {
  expect(await inTunnel("GET / HTTP/1.1\r\nHost: ALLOWED.test.:443\r\n\r\n")).toContain("saw allowed.test /");
});

test("another server name than CONNECT's closes the tunnel", async () => {
  const socket = await openTls(rig, `${allowed}:443`, evil).catch(() => undefined);
  const heard = socket && await say(socket, `GET / HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`);
  expect([heard?.text ?? "", upstream.requests]).toEqual(["", []]);
  await expect.poll(() => rig.events.at(-1)).toMatchObject({ reason: "authority-mismatch", decision: "deny", method: "CONNECT" });
});

test("plain HTTP in a tunnel is held to the tunnel's host, and gets no credential", async () => {
  for (const [host, status] of [[evil, 421], [allowed, 403]] as const) {
    const socket = await openTunnel(rig, `${allowed}:80`);
    expect((await say(socket, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, { until: /\r\n\r\n/ })).text).toContain(`HTTP/1.1 ${status} `);
    socket.destroy();
  }
  expect(upstream.requests).toEqual([]);
});

test("what is neither TLS nor HTTP in a tunnel is closed", async () => {
  const socket = await openTunnel(rig, `${allowed}:443`);
  expect(await say(socket, "\x80\x03\x01garbage")).toEqual({ text: "", isClosed: true });
});

test("garbage that begins like TLS is closed", async () => {
  const socket = await openTunnel(rig, `${allowed}:443`);
  expect((await say(socket, `\x16\x03\x01\x00\x10${"g".repeat(64)}`)).isClosed).toBe(true);
});

test.each([`${evil}:443`, "../../victim/pwn:443", "ca.private:443", "ca:443", "evil:x@allowed.test:443", "allowed.test", "allowed.test:0", "allowed.test:22", "[::1]:443", "127.0.0.1:443"])(
  "CONNECT %s is refused with a body, and nothing is written", async (authority) => {
    const before = await readdir(join(rig.directory, "ca"), { recursive: true });
    const socket = await dialProxy(rig);
    const { text, isClosed } = await say(socket, `CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\n\r\n`);
    expect(text).toMatch(/^HTTP\/1\.1 (?:400|403) [^]*x-bottle-block-reason: [a-z-]+\r\n[^]*"layer":/);
    expect(isClosed).toBe(true);
    expect(await readdir(join(rig.directory, "ca"), { recursive: true })).toEqual(before);
    socket.destroy();
  },
);

test("outside a tunnel, targets that name another host than Host are refused", async () => {
  const cases = [
    [`GET http://${evil}/ HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, 421], [`GET http://evil:x@${allowed}/ HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, 400],
    [`GET / HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, 400], [`GET https://${allowed}/ HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, 400], [`GET http://${evil}/ HTTP/1.1\r\nHost: ${evil}\r\n\r\n`, 403],
  ] as const;
  for (const [request, status] of cases) {
    const socket = await dialProxy(rig);
    expect((await say(socket, request, { until: /\r\n\r\n/ })).text).toContain(`HTTP/1.1 ${status} `);
    socket.destroy();
  }
  expect(upstream.requests).toEqual([]);
});

test("the CA directory is closed to others and holds two files", async () => {
  const directory = join(rig.directory, "ca");
  expect((await readdir(directory)).sort()).toEqual(["ca.key", "ca.pem"]);
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect((await stat(join(directory, "ca.key"))).mode & 0o777).toBe(0o600);
});

test("CONNECT and the TLS hello in one packet work", async () => {
  const socket = await dialProxy(rig);
  const { promise, resolve } = Promise.withResolvers<Buffer>();
  // A TLS client whose first flight is caught, to be sent together with CONNECT.
  const { Duplex } = await import("node:stream");
  const pipe = new Duplex({
    read() {},
    write(chunk: Buffer, _encoding, done) {
      if (isSent) socket.write(chunk);
      else resolve(chunk);
      done();
    },
  });
  let isSent = false;
  const secure = connectTls({ socket: pipe, ca: rig.proxy.caCertificate, servername: allowed });
  secure.on("error", () => {});
  const hello = await promise;
  isSent = true;
  let head = "";
  socket.on("data", (chunk: Buffer) => {
    const at = head === "" ? chunk.indexOf("\r\n\r\n") + 4 : 0;
    head ||= chunk.subarray(0, at).toString();
    if (chunk.length > at) pipe.push(chunk.subarray(at));
  });
  socket.write(Buffer.concat([Buffer.from(`CONNECT ${allowed}:443 HTTP/1.1\r\nHost: ${allowed}:443\r\n\r\n`), hello]));
  expect((await say(secure, `GET / HTTP/1.1\r\nHost: ${allowed}\r\n\r\n`, { until: /saw/ })).text).toContain(`saw ${allowed} /`);
  expect(head).toBe("HTTP/1.1 200 Connection Established\r\n\r\n");
  secure.destroy();
  socket.destroy();
});
