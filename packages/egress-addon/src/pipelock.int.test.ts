import { chmod, mkdir, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type Pipelock, type PipelockOptions, startPipelock } from "./hop/pipelock/start.ts";
import { checkLeaks } from "./testing/leaks.ts";
import { dialProxy, openTls, say } from "./testing/raw-client.ts";
import { type Rig, secret, startRig } from "./testing/rig.ts";
import { startUpstream, type Upstream } from "./testing/upstream.ts";

// These run a stand-in that keeps to pipelock's known contract, since pipelock itself cannot be installed here.
checkLeaks();
const known = "known-secret-0123456789";
const scanned = "scanned.test";
const credentialed = "credentialed.test";
const routes = [{ host: scanned }, { host: credentialed, auth: { scheme: "bearer", tokenRef: "TOKEN" } }] as const;
const reasonOf = (text: string): string => `${text.slice(9, 12)} ${/"reason":"([a-z-]+)"/.exec(text)?.[1] ?? text}`;
let directory: string;
let binary: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "pipelock-"));
  binary = join(directory, "pipelock");
  const program = fileURLToPath(new URL("./testing/pipelock-stand-in.ts", import.meta.url));
  await writeFile(binary, `#!/bin/sh\nexec '${process.execPath}' --conditions=@bottle/source '${program}' "$@"\n`, { mode: 0o755 });
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const start = async (upstreams: Readonly<Record<string, Upstream>>, options: Partial<PipelockOptions> & { readonly misbehave?: string } = {}): Promise<Pipelock> => {
  const { misbehave = "", ...rest } = options;
  const ports = Object.fromEntries(Object.entries(upstreams).map(([host, { address }]) => [host, Number(address.split(":")[1])]));
  return startPipelock({
    binary, directory: join(await mkdtemp(join(directory, "run-")), "state"), routes, secrets: [known],
    environment: { STAND_IN_HOSTS: JSON.stringify(ports), STAND_IN_MISBEHAVE: misbehave }, ...rest,
  });
};
const post = async (rig: Rig, host: string, body: string): Promise<string> => {
  const socket = await openTls(rig, `${host}:443`);
  const { text } = await say(socket, `POST /x HTTP/1.1\r\nHost: ${host}\r\nAccept-Encoding: gzip\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  socket.destroy();
  return text;
};
const echo = (host: string): Promise<Upstream> => startUpstream(host, (request, response) => {
  let body = "";
  request.on("data", (chunk: Buffer) => (body += chunk.toString())).on("end", () => response.end(`got ${body}`));
});

test("clean requests pass, a known secret is refused in our words, and an injected credential reaches its upstream unread", async () => {
  await using open = await echo(scanned);
  await using secured = await echo(credentialed);
  await using pipelock = await start({ [scanned]: open, [credentialed]: secured });
  await using rig = await startRig(open, { routes, hosts: {}, upstreamCas: [secured.caCertificate], via: pipelock.via });
  expect(await post(rig, scanned, "hello")).toMatch(/^HTTP\/1\.1 200 [^]*got hello/);
  expect(open.requests[0]?.headers["accept-encoding"]).toBe("identity");
  const refused = await post(rig, scanned, `x ${known} y`);
  expect(reasonOf(refused)).toBe("403 pipelock-blocked");
  expect(refused).not.toMatch(/Known Secret|critical|blocked: /);
  expect(rig.events.at(-1)).toMatchObject({ decision: "deny", layer: "dlp", reason: "pipelock-blocked", status: 403 });
  expect(open.requests).toHaveLength(1);
  expect(await post(rig, credentialed, "hello")).toMatch(/got hello/);
  expect(secured.requests[0]?.headers.authorization).toBe(`Bearer ${secret}`);
  expect(pipelock.unscanned[0]).toBe(`pipelock does not scan ${credentialed}: a credential is injected there, which it would take for a leak.`);
});

test("its CA is trusted on the upstream side alone, is new for each, and lies in SEC1 that only the owner reads", async () => {
  await using upstream = await echo(scanned);
  const state = join(await mkdtemp(join(directory, "ca-")), "state");
  await using pipelock = await start({ [scanned]: upstream }, { directory: state });
  await using rig = await startRig(upstream, { routes, hosts: {}, upstreamCas: [], via: pipelock.via });
  expect(await post(rig, scanned, "hello")).toMatch(/got hello/);
  const [pem, key] = await Promise.all([readFile(join(state, "ca.pem"), "utf8"), readFile(join(state, "ca.key"), "utf8")]);
  expect(pipelock.via.caCertificates).toEqual([pem]);
  expect(rig.proxy.caCertificate).not.toBe(pem);
  expect(key).toMatch(/^-----BEGIN EC PRIVATE KEY-----\n/);
  expect(new X509Certificate(pem)).toMatchObject({ ca: true });
  expect(new X509Certificate(pem).checkPrivateKey(createPrivateKey(key))).toBe(true);
  for (const file of ["ca.key", "secrets.txt", "pipelock.yaml", "pipelock.log"]) expect((await stat(join(state, file))).mode & 0o077).toBe(0);
  expect(await readFile(join(state, "pipelock.yaml"), "utf8")).not.toContain(known);
  await using other = await start({ [scanned]: upstream });
  expect(other.via.caCertificates).not.toEqual([pem]);
});

test("a CONNECT that pipelock refuses is a denial too, and plain http does not go through it", async () => {
  await using upstream = await echo("elsewhere.test");
  await using pipelock = await start({ "elsewhere.test": upstream });
  await using rig = await startRig(upstream, { routes: [{ host: "elsewhere.test" }], hosts: {}, via: pipelock.via });
  expect(reasonOf(await post(rig, "elsewhere.test", "x"))).toBe("403 pipelock-blocked");
  const socket = await dialProxy(rig);
  expect(reasonOf((await say(socket, "GET http://elsewhere.test/ HTTP/1.1\r\nHost: elsewhere.test\r\n\r\n", { until: /\}\n/ })).text)).toBe("502 hop-refused");
  socket.destroy();
  expect(upstream.sockets.size).toBe(0);
});

test("new routes and new secrets are in force once the reload is confirmed, and not before", async () => {
  await using upstream = await echo("later.test");
  await using pipelock = await start({ "later.test": upstream });
  await using rig = await startRig(upstream, { routes: [{ host: "later.test" }], hosts: {}, via: pipelock.via });
  expect(reasonOf(await post(rig, "later.test", "x"))).toBe("403 pipelock-blocked");
  const wider = [...routes, { host: "later.test" }];
  await pipelock.reload({ routes: wider, secrets: [known] });
  expect(await post(rig, "later.test", "another-secret-0123")).toMatch(/got another/);
  await pipelock.reload({ routes: wider, secrets: [known, "another-secret-0123"] });
  expect(reasonOf(await post(rig, "later.test", "another-secret-0123"))).toBe("403 pipelock-blocked");
  await Promise.all([pipelock.reload({ routes, secrets: [known] }), pipelock.reload({ routes: wider, secrets: [] })]);
  expect(await post(rig, "later.test", known)).toMatch(/got known/);
});

test("rules that strict mode refuses are an error at once, the old ones stay in force and on disk, and a restart brings the new ones", async () => {
  await using upstream = await echo(scanned);
  const state = join(await mkdtemp(join(directory, "refused-")), "state");
  await using pipelock = await start({ [scanned]: upstream }, { directory: state });
  const before = await readFile(join(state, "pipelock.yaml"), "utf8");
  const looser = { routes: [{ host: scanned, dlp: "off" as const }], secrets: [known] };
  await expect(pipelock.reload(looser)).rejects.toMatchObject({ code: "pipelock-reload-refused", message: expect.stringContaining("did not take the new rules (refused)") });
  expect(await readFile(join(state, "pipelock.yaml"), "utf8")).toBe(before);
  await using rig = await startRig(upstream, { routes: [{ host: scanned }], hosts: {}, via: pipelock.via });
  expect(reasonOf(await post(rig, scanned, known))).toBe("403 pipelock-blocked");
  await pipelock.restart(looser);
  expect(await post(rig, scanned, known)).toMatch(/got known/);
  expect(pipelock.unscanned[0]).toBe(`pipelock does not scan ${scanned}: the route's dlp is warn or off, and pipelock can only block.`);
});

test.each(["silent", "lies"])("a pipelock that is %s about a reload is not believed", async (misbehave) => {
  await using upstream = await echo(scanned);
  await using pipelock = await start({ [scanned]: upstream }, { misbehave, reloadMs: 1_500 });
  await expect(pipelock.reload({ routes: [...routes, { host: "later.test" }], secrets: [known] })).rejects.toMatchObject({ code: "pipelock-reload-refused", message: expect.stringContaining("(late)") });
});

test("its end is told, and nothing passes after it", async () => {
  await using upstream = await echo(scanned);
  await using pipelock = await start({ [scanned]: upstream }, { misbehave: "crash" });
  await using rig = await startRig(upstream, { routes, hosts: {}, via: pipelock.via });
  expect(await pipelock.ended).toEqual({ code: 1 });
  expect(reasonOf(await post(rig, scanned, "x"))).toBe("502 hop-unreachable");
  await expect(pipelock.reload({ routes: [...routes, { host: "later.test" }] })).rejects.toMatchObject({ code: "pipelock-reload-refused", message: expect.stringContaining("(ended)") });
});

test.each([["mute", /did not start: it did not say that it follows its config \(late\)\.$/], ["balanced", /did not start: it did not answer in strict mode in time\.$/]])("a pipelock that is %s is not taken for a started one, and is stopped", async (misbehave, message) => {
  await expect(start({}, { misbehave, startMs: 2_000 })).rejects.toMatchObject({ code: "pipelock-failed", message: expect.stringMatching(message) });
});

test("a pipelock that cannot read its CA key says so in the error", async () => {
  const picky = join(directory, "picky");
  await writeFile(picky, `#!/bin/sh\nchmod 644 "$HOME/ca.key"\nexec '${binary}' "$@"\n`, { mode: 0o755 });
  await expect(start({}, { binary: picky })).rejects.toMatchObject({ code: "pipelock-failed", message: expect.stringMatching(/did not start: .*CA key .*ca\.key is too permissive/) });
});

test("a program that is not there, and a directory that others may enter, are errors", async () => {
  await expect(start({}, { binary: join(directory, "nothing") })).rejects.toMatchObject({ code: "pipelock-failed" });
  const shared = join(directory, "shared");
  await mkdir(shared);
  await chmod(shared, 0o755);
  await expect(start({}, { directory: shared })).rejects.toMatchObject({ code: "authority-unsafe" });
});

test("a start that is aborted leaves nothing running", async () => {
  const abort = new AbortController();
  const starting = start({}, { misbehave: "mute", signal: abort.signal });
  setTimeout(() => abort.abort(), 300);
  await expect(starting).rejects.toMatchObject({ code: "stopped" });
});

test("a restart keeps address and CA and is no end; one that fails is, and nothing passes after it", async () => {
  await using upstream = await echo(scanned);
  const state = join(await mkdtemp(join(directory, "restart-")), "state");
  await using pipelock = await start({ [scanned]: upstream }, { directory: state, startMs: 5_000 });
  await using rig = await startRig(upstream, { routes: [{ host: scanned }], hosts: {}, via: pipelock.via });
  let isEnded = false;
  void pipelock.ended.then(() => (isEnded = true));
  await pipelock.restart({ routes, secrets: [] });
  expect(await post(rig, scanned, known)).toMatch(/got known/);
  expect(isEnded).toBe(false);
  await rm(join(state, "ca.key"));
  await expect(pipelock.restart({ routes, secrets: [known] })).rejects.toMatchObject({ code: "pipelock-failed" });
  await pipelock.ended;
  expect(reasonOf(await post(rig, scanned, "x"))).toBe("502 hop-unreachable");
  await expect(pipelock.reload({ routes: [...routes, { host: "later.test" }] })).rejects.toMatchObject({ code: "pipelock-reload-refused" });
});
