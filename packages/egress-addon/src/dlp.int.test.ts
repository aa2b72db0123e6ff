import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from "node:zlib";
import { afterAll, beforeEach, expect, test, vi } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { dialProxy, openTls, openTunnel, say } from "./testing/raw-client.ts";
import { allowed, type Rig, secret } from "./testing/rig.ts";
import { canary, listed, outcome, requestBytes, type Seeing, send, type Sent, shaped, startScanned, startSeeing } from "./testing/scanned.ts";
import { ask, hear, openSession } from "./testing/session-client.ts";

checkLeaks();
const lookedUp = vi.hoisted((): string[] => []);
vi.mock("@bottle/way-out", async (original) => ({
  ...await original<object>(),
  resolveName: async (host: string) => {
    lookedUp.push(host);
    return [];
  },
}));

let upstream: Seeing;
beforeEach(async () => {
  await upstream?.[Symbol.asyncDispose]();
  upstream = await startSeeing();
  lookedUp.splice(0);
});
afterAll(() => upstream[Symbol.asyncDispose]());

const bodyOf = (text: string): { readonly where?: readonly string[] } => JSON.parse(text.slice(text.indexOf("\r\n\r\n") + 4)) as { readonly where?: readonly string[] };
const json = "Content-Type: application/json\r\n";
const form = "Content-Type: application/x-www-form-urlencoded\r\n";
const chunked = (body: Buffer | string, size: number): string => {
  const text = Buffer.from(body).toString("latin1");
  const chunks = text.match(new RegExp(`[^]{1,${size}}`, "g")) ?? [];
  return `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("")}0\r\n\r\n`;
};
const multipart = (value: string): string => `--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n${value}\r\n--b--\r\n`;
const cut = (value: string, at = 9): readonly [string, string] => [value.slice(0, at), value.slice(at)];

/** Ways for one value to be in one request. */
const ways: Readonly<Record<string, (value: string) => Sent>> = {
  "the path": (value) => ({ target: `/a/${value}/b` }),
  "the query": (value) => ({ target: `/?q=${value}` }),
  "the query's name": (value) => ({ target: `/?${value}=1` }),
  "the path, percent-encoded": (value) => ({ target: `/${[...Buffer.from(value)].map((byte) => `%${byte.toString(16)}`).join("")}` }),
  "a header": (value) => ({ headers: `X-Note: see ${value}\r\n` }),
  "an Authorization that the route does not replace": (value) => ({ headers: `Authorization: Bearer ${value}\r\n` }),
  "a Basic credential": (value) => ({ headers: `Authorization: Basic ${Buffer.from(`me:${value}`).toString("base64")}\r\n` }),
  "a cookie": (value) => ({ headers: `Cookie: a=b; c=${value}\r\n` }),
  "a body": (value) => ({ body: `here it is: ${value}.` }),
  "a body of a GET": (value) => ({ method: "GET", body: value }),
  "base64": (value) => ({ body: Buffer.from(`x${value}`).toString("base64") }),
  "hex": (value) => ({ body: Buffer.from(value).toString("hex") }),
  "an encoded form": (value) => ({ headers: form, body: `a=${[...Buffer.from(value)].map((byte) => `%${byte.toString(16)}`).join("")}` }),
  "gzip as the content coding": (value) => ({ headers: "Content-Encoding: gzip\r\n", body: gzipSync(`some ${value} text`) }),
  "gzip as plain bytes": (value) => ({ headers: "Content-Type: application/octet-stream\r\n", body: gzipSync(`some ${value} text`) }),
  "what follows gzip": (value) => ({ headers: "Content-Encoding: gzip\r\n", body: Buffer.concat([gzipSync("text"), Buffer.from(value)]) }),
  "brotli": (value) => ({ headers: "Content-Encoding: br\r\n", body: brotliCompressSync(`some ${value} text`) }),
  "zstd": (value) => ({ headers: "Content-Encoding: zstd\r\n", body: zstdCompressSync(Buffer.from(`some ${value} text`)) }),
  "deflate": (value) => ({ headers: "Content-Encoding: deflate\r\n", body: deflateSync(`some ${value} text`) }),
  "two codings": (value) => ({ headers: "Content-Encoding: gzip, br\r\n", body: brotliCompressSync(gzipSync(value)) }),
  "codings in two headers, with an underscore": (value) => ({ headers: "Content-Encoding: gzip\r\nContent_Encoding: br\r\n", body: brotliCompressSync(gzipSync(value)) }),
  "a JSON field": (value) => ({ headers: json, body: JSON.stringify({ a: { b: [value] } }) }),
  "a JSON field in escapes": (value) => ({ headers: json, body: `{"a":"${[...value].map((char) => `\\u00${char.charCodeAt(0).toString(16)}`).join("")}"}` }),
  "a part of a form": (value) => ({ headers: "Content-Type: multipart/form-data; boundary=b\r\n", body: multipart(value) }),
  "chunks of one byte": (value) => ({ headers: "Transfer-Encoding: chunked\r\n", body: chunked(`some ${value} text`, 1) }),
  "chunks of seven bytes": (value) => ({ headers: "Transfer-Encoding: chunked\r\n", body: chunked(`some ${value} text`, 7) }),
};
/** Known values alone are found in pieces. */
const waysOfPieces: Readonly<Record<string, (value: string) => Sent>> = {
  "JSON fields": (value) => ({ headers: json, body: JSON.stringify({ a: cut(value)[0], b: cut(value)[1] }) }),
  "query values": (value) => ({ target: `/?a=${cut(value)[0]}&b=${cut(value)[1]}` }),
  "headers": (value) => ({ headers: `X-One: ${cut(value)[0]}\r\nX-Two: ${cut(value)[1]}\r\n` }),
  "form fields": (value) => ({ headers: form, body: `a=${cut(value)[0]}&b=${cut(value)[1]}` }),
  "parts": (value) => ({ headers: "Content-Type: multipart/form-data; boundary=b\r\n", body: multipart(cut(value)[0]).replace("--b--\r\n", "") + multipart(cut(value)[1]) }),
};

async function expectRefused(rig: Rig, sent: Sent, value: string): Promise<void> {
  const text = await send(rig, sent);
  expect(outcome(text)).toBe("403 secret-found");
  expect(bodyOf(text).where?.length).toBeGreaterThan(0);
  expect(text).not.toContain(value);
  expect([upstream.seen().length, upstream.sockets.size, lookedUp]).toEqual([0, 0, []]);
}

test.each(Object.entries({ ...ways, ...waysOfPieces }).map(([name, make]) => ({ name, make })))("a listed value in $name is refused, and nothing of it leaves", async ({ make }) => {
  await using rig = await startScanned(upstream);
  await expectRefused(rig, make(listed), listed);
  expect(rig.events).toMatchObject([{ decision: "deny", layer: "dlp", reason: "secret-found", status: 403 }]);
  expect(rig.events[0]).not.toHaveProperty("alarm");
  expect(rig.events[0]?.findings).toContainEqual(expect.objectContaining({ rule: "listed", kind: "known" }));
  expect(JSON.stringify(rig.events)).not.toContain(listed);
});

test.each(Object.entries(ways).map(([name, make]) => ({ name, make })))("what has a secret's shape in $name is refused, and passes where the route warns", async ({ make }) => {
  await using rig = await startScanned(upstream);
  await expectRefused(rig, make(shaped), shaped);
  expect(rig.events[0]).toMatchObject({ reason: "secret-found", findings: expect.arrayContaining([expect.objectContaining({ kind: "pattern" })]) });
  expect(rig.events[0]).not.toHaveProperty("alarm");
  expect(JSON.stringify(rig.events)).not.toContain(shaped);
  rig.proxy.reload({ routes: [{ host: allowed, dlp: "warn" }] });
  expect(outcome(await send(rig, make(shaped)))).toBe("200");
  await expect.poll(() => rig.events[1]).toMatchObject({ decision: "allow", reason: "allowed", findings: expect.arrayContaining([expect.objectContaining({ kind: "pattern" })]) });
  rig.proxy.reload({ routes: [{ host: allowed, dlp: "off" }] });
  expect(outcome(await send(rig, make(shaped)))).toBe("200");
  await expect.poll(() => rig.events[2]).toMatchObject({ decision: "allow" });
  expect(rig.events[2]).not.toHaveProperty("findings");
});

// Any login is of a secret's shape to a route that has none, and nothing may follow gzip.
test.each(Object.entries(ways).map(([name, make]) => ({ name, make })).filter(({ name }) => name !== "a Basic credential" && name !== "what follows gzip"))("what is no secret in $name passes unchanged", async ({ make }) => {
  await using rig = await startScanned(upstream);
  const sent = make("nothing-to-hide");
  expect(outcome(await send(rig, sent))).toBe("200");
  const isChunked = sent.headers?.includes("chunked") === true;
  expect(upstream.whole[0]?.toString("latin1")).toBe(isChunked ? "some nothing-to-hide text" : Buffer.from(sent.body ?? "").toString("latin1"));
  expect(rig.events[0]).not.toHaveProperty("findings");
});

test("no name is looked up for what is refused, and it is for what is not", async () => {
  await using rig = await startScanned(upstream, {}, { hosts: {} });
  for (const make of [ways["a body"], ways["a header"], ways["gzip as the content coding"]]) {
    expect(outcome(await send(rig, make?.(listed) ?? {}))).toBe("403 secret-found");
    expect(lookedUp).toEqual([]);
  }
  expect(outcome(await send(rig, { body: "fine" }))).toBe("502 name-not-found");
  expect(lookedUp).toEqual([allowed]);
});

test("a canary in a label of the host is not looked up, in a tunnel that is read or not, whatever the route says", async () => {
  const host = `${canary.toLowerCase()}.${allowed}`;
  await using rig = await startScanned(upstream, {}, { hosts: {}, policy: { routes: [{ host: `*.${allowed}`, dlp: "off" }, { host: "*.unread.test", passthrough: true }] } });
  const socket = await openTls(rig, `${host}:443`);
  const { text } = await say(socket, `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`, { until: /\}\n$/ });
  socket.destroy();
  expect([outcome(text), lookedUp]).toEqual(["403 secret-found", []]);
  await expect(openTunnel(rig, `${canary.toLowerCase()}.unread.test:443`)).rejects.toThrow("\"reason\":\"secret-found\"");
  expect(rig.events.at(-1)).toMatchObject({ method: "CONNECT", alarm: true, findings: [{ where: "host" }] });
  expect(lookedUp).toEqual([]);
});

test("a canary never leaves in a head, nor where the route warns in a body, and is an alarm", async () => {
  for (const dlp of ["warn", "off"] as const) {
    await using rig = await startScanned(upstream, { dlp });
    for (const way of ["the path", "a header", "a Basic credential"]) await expectRefused(rig, ways[way]?.(canary) ?? {}, canary);
    await expectRefused(rig, waysOfPieces["headers"]?.(canary) ?? {}, canary);
    expect(rig.events.every(({ alarm }) => alarm)).toBe(true);
  }
  await using rig = await startScanned(upstream, { dlp: "warn" });
  await expectRefused(rig, { body: canary }, canary);
  expect(rig.events[0]).toMatchObject({ alarm: true, findings: [{ rule: "trap", kind: "canary" }] });
  expect(outcome(await send(rig, { body: listed }))).toBe("200");
  await expect.poll(() => rig.events[1]).toMatchObject({ decision: "allow", findings: [{ rule: "listed", kind: "known" }] });
});

test("a route's credential is known from the start, in heads where the scan is off too, and in a body of its own route", async () => {
  await using rig = await startScanned(upstream, {}, { policy: { routes: [
    { host: allowed, paths: ["/own"], auth: { scheme: "bearer", tokenRef: "TOKEN" } }, { host: allowed, paths: ["/other"], dlp: "off" },
  ] } });
  expect(outcome(await send(rig, { target: "/other", headers: `X-A: ${secret}\r\n` }))).toBe("403 secret-found");
  expect(outcome(await send(rig, { target: "/own", body: secret }))).toBe("403 secret-found");
  expect(rig.events).toMatchObject([{ alarm: true }, { alarm: true }]);
  expect(outcome(await send(rig, { target: "/own" }))).toBe("200");
});

test("a listed value cut over consecutive requests to one host is found with its last piece", async () => {
  await using rig = await startScanned(upstream);
  const [first, second] = cut(listed);
  await send(rig, { headers: "X-Part: none\r\n" });
  for (const make of [(text: string): Sent => ({ body: text }), (text: string): Sent => ({ target: `/?q=${text}` }), (text: string): Sent => ({ headers: `X-Part: ${text}\r\n` })]) {
    expect(outcome(await send(rig, make(first)))).toBe("200");
    expect(outcome(await send(rig, make(second)))).toBe("403 secret-found");
  }
  expect(upstream.seen().includes(second)).toBe(false);
});

test("what stands in the credential's place does not leave, and is no finding", async () => {
  const dummy = { headers: `Authorization: Bearer ${shaped}\r\nX-Api-Key: ${listed}\r\n` };
  await using rig = await startScanned(upstream, { auth: { scheme: "bearer", tokenRef: "TOKEN" } });
  expect(outcome(await send(rig, dummy))).toBe("200");
  rig.proxy.reload({ routes: [{ host: allowed, auth: { scheme: "header", name: "X-Key", tokenRef: "TOKEN" } }] });
  expect(outcome(await send(rig, { headers: `x_key: ${shaped}\r\n` }))).toBe("200");
  rig.proxy.reload({ routes: [{ host: allowed, auth: { scheme: "query", name: "key", tokenRef: "TOKEN" } }] });
  expect(outcome(await send(rig, { target: `/?a=b&%6bey=${shaped}` }))).toBe("200");
  expect(rig.events.some(({ findings }) => findings !== undefined)).toBe(false);
  expect([upstream.seen().includes(shaped), upstream.seen().includes(listed)]).toEqual([false, false]);
});

test("what is next to the credential's place leaves, and is scanned", async () => {
  const token = "placeholder-7hT2mQ9xWv4Lr8Zd";
  await using rig = await startScanned(upstream, { auth: { scheme: "query", name: "key", tokenRef: "TOKEN" } }, { placeholders: { TOKEN: token } });
  await expectRefused(rig, { headers: `key: ${listed}\r\n` }, listed);
  await expectRefused(rig, { target: `/?key=x&other=${listed}` }, listed);
  rig.proxy.reload({ routes: [{ host: allowed, auth: { scheme: "placeholder", tokenRef: "TOKEN" } }] });
  expect(outcome(await send(rig, { headers: `X-Api-Key: ${token}\r\n` }))).toBe("200");
  expect(upstream.seen().includes(`X-Api-Key\n${secret}`)).toBe(true);
  expect(outcome(await send(rig, { headers: `X-Api-Key: ${token} ${listed}\r\n` }))).toBe("403 secret-found");
  expect(outcome(await send(rig, { headers: `Authorization: Basic ${Buffer.from(`${listed}:${token}`).toString("base64")}\r\n` }))).toBe("403 secret-found");
  expect(upstream.seen().includes(listed)).toBe(false);
});

test("an alarm is not crowded out by other findings, and where it was is told", async () => {
  await using rig = await startScanned(upstream);
  const noise = Array.from({ length: 60 }, (_, index) => `X-Noise-${index}: ${shaped.slice(0, -2)}${10 + index}\r\n`).join("");
  const text = await send(rig, { headers: `${noise}X-Last: ${canary}\r\n` });
  expect([outcome(text), bodyOf(text).where?.[0]]).toEqual(["403 secret-found", "header X-Last"]);
  expect(rig.events[0]).toMatchObject({ alarm: true });
  expect(rig.events[0]?.findings?.length).toBeLessThanOrEqual(20);
  expect(rig.events[0]?.findings?.[0]).toMatchObject({ rule: "trap" });
});

test("the proxy's own login is no finding", async () => {
  const login = { username: "bottle", password: listed };
  await using rig = await startScanned(upstream, {}, { proxyCredential: login, hosts: { [allowed]: upstream.plainAddress } });
  const socket = await dialProxy(rig);
  const { text } = await say(socket, `GET http://${allowed}/ HTTP/1.1\r\nHost: ${allowed}\r\nProxy-Authorization: Basic ${Buffer.from(`bottle:${listed}`).toString("base64")}\r\n\r\n`, { until: /fine/ });
  socket.destroy();
  expect([outcome(text), upstream.seen().includes(listed)]).toEqual(["200", false]);
  await expect.poll(() => rig.events.length).toBe(1);
  expect(rig.events[0]).not.toHaveProperty("findings");
});

test("a request of HTTP/2 is scanned in its head and its body, without a length too", async () => {
  await using rig = await startScanned(upstream);
  const session = await openSession(rig, `${allowed}:443`);
  expect(await ask(session, { "x-note": listed })).toMatchObject({ status: 403, headers: { "x-bottle-block-reason": "secret-found" } });
  expect(await ask(session, { ":method": "POST" }, listed)).toMatchObject({ status: 403, headers: { "x-bottle-block-reason": "secret-found" } });
  const { status } = await ask(session, { ":method": listed });
  expect(status).not.toBe(200);
  expect([upstream.seen().length, upstream.sockets.size]).toEqual([0, 0]);
  expect(await ask(session, { ":method": "POST" }, "fine")).toMatchObject({ status: 200, body: "fine " });
  session.close();
});

test("a secret in a trailer does not leave, and the event tells of it", async () => {
  await using rig = await startScanned(upstream);
  const text = await send(rig, { headers: "Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\n", body: `3\r\nabc\r\n0\r\nX-Sum: ${listed}\r\n\r\n`, method: "POST" });
  expect(outcome(text)).toBe("200");
  expect([upstream.seen().includes(listed), upstream.whole.length]).toEqual([false, 1]);
  await expect.poll(() => rig.events[0]).toMatchObject({ decision: "deny", reason: "secret-found", findings: [{ rule: "listed" }] });
  const session = await openSession(rig, `${allowed}:443`);
  const stream = session.request({ ":path": "/", ":method": "POST", "trailer": "x-sum" }, { endStream: false, waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "x-sum": shaped }));
  stream.end("abc");
  await hear(stream);
  expect(upstream.seen().includes(shaped)).toBe(false);
  session.close();
});

test("a request for which a body is asked is scanned like any, and the connection goes on after what was allowed", async () => {
  await using rig = await startScanned(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  const expecting = (body: string): string => requestBytes({ headers: "Expect: 100-continue\r\n", body }).toString("latin1").slice(0, -body.length);
  for (let round = 0; round < 2; round += 1) {
    expect((await say(socket, expecting("abc"), { until: /\r\n\r\n/ })).text).toBe("HTTP/1.1 100 Continue\r\n\r\n");
    expect(outcome((await say(socket, "abc", { until: /fine/ })).text)).toBe("200");
  }
  expect((await say(socket, expecting(listed), { until: /\r\n\r\n/ })).text).toContain("100 Continue");
  const { text, isClosed } = await say(socket, listed);
  expect([outcome(text), isClosed]).toEqual(["403 secret-found", true]);
  socket.destroy();
});

test.each(["GET", "HEAD"])("%s without a body passes, and a refused one leaves the connection to the next", async (method) => {
  await using rig = await startScanned(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  const until = /\r\n\r\n/;
  expect(outcome((await say(socket, requestBytes({ method }).toString(), { until })).text)).toBe("200");
  expect((await say(socket, requestBytes({ target: `/?q=${listed}` }).toString(), { until: /\}\n$/ })).text).toContain("secret-found");
  expect(outcome((await say(socket, requestBytes({ method }).toString(), { until })).text)).toContain("200");
  socket.destroy();
});

test("a refused body closes its connection, and what came behind it on the wire is not sent", async () => {
  await using rig = await startScanned(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  const both = Buffer.concat([requestBytes({ body: listed }), requestBytes({ target: "/behind" })]);
  const { text, isClosed } = await say(socket, both.toString("latin1"));
  expect([outcome(text), isClosed, upstream.seen().includes("/behind")]).toEqual(["403 secret-found", true, false]);
  socket.destroy();
});

test("requests sent at once are scanned each and answered in order", async () => {
  await using rig = await startScanned(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  const all = ["one", "two", "three"].map((id) => requestBytes({ headers: `X-Id: ${id}\r\n`, body: `body of ${id}` }));
  const { text } = await say(socket, Buffer.concat(all).toString("latin1"), { until: /fine three/ });
  expect(text.match(/fine (?:one|two|three)/g)).toEqual(["fine one", "fine two", "fine three"]);
  expect(upstream.whole.map(String).sort()).toEqual(["body of one", "body of three", "body of two"]);
  socket.destroy();
});
