import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { afterAll, beforeEach, expect, test } from "vitest";
import { checkLeaks } from "./testing/leaks.ts";
import { openTls, reset, say } from "./testing/raw-client.ts";
import { allowed, type Rig } from "./testing/rig.ts";
import { listed, outcome, requestBytes, type Seeing, send, startScanned, startSeeing } from "./testing/scanned.ts";
import { hear, openSession } from "./testing/session-client.ts";

checkLeaks();
let upstream: Seeing;
beforeEach(async () => {
  await upstream?.[Symbol.asyncDispose]();
  upstream = await startSeeing();
});
afterAll(() => upstream[Symbol.asyncDispose]());
const idle = (rig: Rig): Promise<void> => expect.poll(() => [rig.proxy.stats().active, upstream.sockets.size]).toEqual([0, 0]);
const head = (length: number): string => `POST / HTTP/1.1\r\nHost: ${allowed}\r\nContent-Length: ${length}\r\n\r\n`;

test.each([
  ["of an unknown content coding", "snappy", Buffer.from("abc")],
  ["of damaged gzip", "gzip", gzipSync("some text").subarray(0, 20)],
  ["of gzip that is none", "gzip", Buffer.from("plain")],
  ["of a bomb", "gzip", gzipSync(Buffer.alloc(40 << 20))],
])("a body %s is refused on block, as a stream too, before anything leaves, and passes on warn with the finding told", async (_, coding, body) => {
  const sent = { headers: `Content-Encoding: ${coding}\r\n`, body };
  await using rig = await startScanned(upstream);
  expect(outcome(await send(rig, sent))).toBe("403 unscannable");
  rig.proxy.reload({ routes: [{ host: allowed, dlp: { action: "block", streaming: true } }] });
  expect(outcome(await send(rig, sent))).toBe("403 unscannable");
  expect([upstream.seen().length, upstream.sockets.size]).toEqual([0, 0]);
  rig.proxy.reload({ routes: [{ host: allowed, dlp: "warn" }] });
  expect(outcome(await send(rig, sent))).toBe("200");
  expect(upstream.whole[0]?.equals(body)).toBe(true);
  await expect.poll(() => rig.events).toMatchObject([{ decision: "deny", layer: "dlp", reason: "unscannable" }, { reason: "unscannable" }, { decision: "allow" }]);
  expect(rig.events.every(({ findings = [] }) => findings[0]?.kind === "unscannable")).toBe(true);
});

const long = Buffer.alloc(300_000, "lorem ipsum ");

test("a body over the scan's limit never arrives whole on block; on warn, or as a stream, it does, and the event says so", async () => {
  await using rig = await startScanned(upstream, {}, { scanLimitBytes: 100_000 });
  expect(outcome(await send(rig, { body: long }))).toBe("403 unscannable");
  await idle(rig);
  expect(upstream.whole).toEqual([]);
  for (const dlp of ["warn", { action: "block", streaming: true }] as const) {
    rig.proxy.reload({ routes: [{ host: allowed, dlp }] });
    expect(outcome(await send(rig, { body: long }))).toBe("200");
    expect(upstream.whole.pop()?.equals(long)).toBe(true);
    await expect.poll(() => rig.events.at(-1)).toMatchObject({ decision: "allow", findings: [{ rule: "too-large", where: "body" }] });
  }
});

test("a secret deep in a long body: what came before may arrive, the request is broken off, and it is not taken for whole", async () => {
  const body = Buffer.concat([long, Buffer.from(listed), long]);
  await using rig = await startScanned(upstream);
  for (const framing of [{ body }, { body: Buffer.concat([Buffer.from(`${body.length.toString(16)}\r\n`), body, Buffer.from("\r\n0\r\n\r\n")]), headers: "Transfer-Encoding: chunked\r\n" }]) {
    expect(outcome(await send(rig, framing))).toBe("403 secret-found");
    await idle(rig);
    await expect.poll(() => rig.events.at(-1)).toMatchObject({ decision: "deny", reason: "secret-found", status: 403 });
  }
  expect(upstream.whole).toEqual([]);
  expect(upstream.seen().includes(listed.slice(0, 9))).toBe(false);
});

test("a refused body ends its upstream connection, so that no later request continues it", async () => {
  await using rig = await startScanned(upstream);
  for (let round = 0; round < 5; round += 1) {
    expect(outcome(await send(rig, { body: Buffer.concat([long, Buffer.from(listed), Buffer.from("GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n")]) }))).toBe("403 secret-found");
    expect(outcome(await send(rig, { target: `/clean-${round}`, body: "fine" }))).toBe("200");
  }
  expect(upstream.requests.some(({ url }) => url === "/smuggled")).toBe(false);
  expect(upstream.whole.map(String)).toEqual(Array.from({ length: 5 }, () => "fine"));
});

test("what a client sends before a pause arrives without the rest, over HTTP/1.1 and HTTP/2, without a line's end", async () => {
  await using rig = await startScanned(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  socket.write(head(1_000));
  for (const part of ["{\"a\":1", ",\"b\":[2,3", "abc"]) {
    socket.write(part);
    await expect.poll(() => upstream.seen().includes(part), { timeout: 2_000 }).toBe(true);
  }
  socket.destroy();
  await idle(rig);
  const session = await openSession(rig, `${allowed}:443`);
  const stream = session.request({ ":path": "/two", ":method": "POST" }, { endStream: false });
  const heard = hear(stream);
  stream.write("duplex part");
  await expect.poll(() => upstream.seen().includes("duplex part"), { timeout: 2_000 }).toBe(true);
  stream.end();
  expect(await heard).toMatchObject({ status: 200 });
  session.close();
});

test.each([["as it is", listed], ["in base64", Buffer.from(`see ${listed}`).toString("base64")], ["in hex", Buffer.from(listed).toString("hex")]])("a value that drips in %s with pauses never has more than its first characters arrive", async (_, text) => {
  await using rig = await startScanned(upstream);
  const socket = await openTls(rig, `${allowed}:443`);
  socket.setNoDelay(true);
  const heard = say(socket, head(10_000), { until: /\}\n$/ });
  for (const char of `begin ${text} end`) {
    if (socket.destroyed || socket.writableEnded) break;
    socket.write(char);
    await sleep(35);
  }
  expect(outcome((await heard).text)).toBe("403 secret-found");
  const body = upstream.seen().toString("latin1").split("\n").at(-1) ?? "";
  expect(body.startsWith("begin")).toBe(true);
  expect(body.length).toBeLessThan("begin ".length + (text === listed ? 5 : text.length / 2));
  expect(upstream.whole).toEqual([]);
  socket.destroy();
  await idle(rig);
});

test("a client that goes away at any moment of a scan leaves nothing under way", async () => {
  await using rig = await startScanned(upstream);
  const kinds = [requestBytes({ body: long }), requestBytes({ headers: "Content-Encoding: gzip\r\n", body: gzipSync(long, { level: 0 }) }), requestBytes({ body: `${"x".repeat(300)}${listed}` })];
  for (let round = 0; round < 45; round += 1) {
    const socket = await openTls(rig, `${allowed}:443`);
    const bytes = kinds[round % 3] ?? Buffer.alloc(0);
    socket.write(bytes.subarray(0, Math.floor(bytes.length * (round / 45))));
    await sleep(round % 4 * 12);
    if (round % 2 === 0) reset(socket);
    else socket.destroy();
  }
  await idle(rig);
  expect(upstream.whole).toEqual([]);
});

const message = (text: string): Buffer => Buffer.concat([Buffer.from([0, 0, 0, 0, text.length]), Buffer.from(text)]);

test.each<[string, Buffer]>([
  ["in one message", message(listed)],
  ["over two", Buffer.concat([message(listed.slice(0, 9)), message(listed.slice(9))])],
  ["in what is no message", Buffer.from(`${listed}${"x".repeat(3_000)}`)],
  ["behind a message that says to be long", Buffer.concat([Buffer.from([0, 0, 0, 0xff, 0xff]), Buffer.from(`text ${listed}`)])],
])("a body that calls itself gRPC is scanned as such: a value %s never arrives", async (_, body) => {
  await using rig = await startScanned(upstream);
  expect(outcome(await send(rig, { headers: "Content-Type: application/grpc\r\n", body }))).toMatch(/^403 (?:secret-found|unscannable)$/);
  await idle(rig);
  expect([upstream.seen().includes(listed), upstream.seen().includes(listed.slice(9)), upstream.whole]).toEqual([false, false, []]);
});

test("a freeze, and a policy without the route, end a scan that is under way", async () => {
  await using rig = await startScanned(upstream);
  for (const cut of [() => void rig.proxy.reload({ routes: [] }), () => rig.proxy.freeze()]) {
    rig.proxy.reload({ routes: [{ host: allowed }] });
    const socket = await openTls(rig, `${allowed}:443`);
    socket.write(`POST / HTTP/1.1\r\nHost: ${allowed}\r\nContent-Encoding: gzip\r\nContent-Length: 9000\r\n\r\n\x1f`, "latin1");
    await sleep(50);
    cut();
    expect((await say(socket, "", { forMs: 3_000 })).isClosed).toBe(true);
    socket.destroy();
    await idle(rig);
  }
  expect(upstream.seen().length).toBe(0);
});

test("2 000 requests over 32 connections are scanned, none lost or mixed up, and those with a secret refused", { timeout: 60_000 }, async () => {
  await using rig = await startScanned(upstream);
  const answers = await Promise.all(Array.from({ length: 32 }, async (_, connection) => {
    const wrong: string[] = [];
    let socket = await openTls(rig, `${allowed}:443`);
    for (let round = 0; round < 63; round += 1) {
      const id = `id-${connection}-${round}`;
      const isBad = round % 21 === 20;
      const { text } = await say(socket, requestBytes({ target: `/${id}`, headers: `X-Id: ${id}\r\n`, body: `{"id":"${id}","text":"${isBad ? listed : "lorem ipsum"}"}` }).toString(), { until: isBad ? /\}\n$/ : /fine id-\d+-\d+(?:\r\n0\r\n\r\n)?$/ });
      const isFine = isBad ? outcome(text) === "403 secret-found" : outcome(text) === "200" && new RegExp(`fine ${id}(?:\\D|$)`).test(text);
      if (!isFine) wrong.push(`${id}: ${text}`);
      if (isBad) {
        socket.destroy();
        socket = await openTls(rig, `${allowed}:443`);
      }
    }
    socket.destroy();
    return wrong;
  }));
  expect(answers.flat()).toEqual([]);
  expect([upstream.whole.length, upstream.seen().includes(listed)]).toEqual([32 * 60, false]);
  await expect.poll(() => rig.events.length).toBe(32 * 63);
});

test("ten thousand secrets in one head are refused in a moment, and told in few words", async () => {
  await using rig = await startScanned(upstream);
  const startedAt = performance.now();
  const values = `${listed} `.repeat(2_000);
  const text = await send(rig, { headers: `X-Many: ${values}\r\nX-Few: ${listed}\r\n` });
  expect(outcome(text)).toBe("403 secret-found");
  expect(performance.now() - startedAt).toBeLessThan(3_000);
  expect(text.length).toBeLessThan(4_000);
});

test("three hundred hosts, each with a piece, are forgotten but for the latest", { timeout: 60_000 }, async () => {
  const names = Array.from({ length: 300 }, (_, index) => `h${index}.${allowed}`);
  await using rig = await startScanned(upstream, {}, { policy: { routes: [{ host: `*.${allowed}` }] }, hosts: Object.fromEntries(names.map((name) => [name, upstream.plainAddress])) });
  const { dialProxy } = await import("./testing/raw-client.ts");
  const ask = async (name: string, body: string): Promise<string> => {
    const socket = await dialProxy(rig);
    const { text } = await say(socket, `POST http://${name}/ HTTP/1.1\r\nHost: ${name}\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    socket.destroy();
    return outcome(text);
  };
  for (const name of names) expect(await ask(name, listed.slice(0, 9))).toBe("200");
  expect(await ask(names.at(-1) ?? "", listed.slice(9))).toBe("403 secret-found");
});
