import fc from "fast-check";
import { expect, test } from "vitest";
import { createScanner } from "@bottle/secret-scan";
import { canonicalHost, createConnectAnswerReader } from "@bottle/way-out";
import { compilePlaceholders } from "../credentials/placeholder/compile-placeholders.ts";
import { redactFrames } from "../exchange/frames.ts";
import { redactMessages } from "../exchange/messages.ts";
import { readRequest, type RequestHead } from "../exchange/read-request.ts";
import { readStreamHead } from "../exchange/stream-head.ts";
import { scanFrames } from "../dlp/scan-frames.ts";
import { readClientHello } from "../passthrough/client-hello.ts";

const secret = "real-secret-0123456789";
const bytes = fc.uint8Array({ maxLength: 400 }).map((array) => Buffer.from(array));
const cuts = fc.array(fc.nat(400), { maxLength: 6 });

function pieces(whole: Buffer, places: readonly number[]): readonly Buffer[] {
  const at = [0, ...places.map((place) => Math.min(place, whole.length)).sort((a, b) => a - b), whole.length];
  return at.slice(1).map((end, index) => whole.subarray(at[index], end));
}

/** What a transform lets through before it ends or fails. */
async function through(transform: ReturnType<typeof redactFrames>, parts: readonly Buffer[]): Promise<{ readonly out: Buffer; readonly failed: boolean }> {
  const out: Buffer[] = [];
  let failed = false;
  const { promise, resolve } = Promise.withResolvers<void>();
  transform.on("data", (chunk: Buffer) => void out.push(chunk)).once("error", () => {
    failed = true;
  }).once("close", () => resolve());
  for (const part of parts) transform.write(part);
  transform.end();
  await promise;
  return { out: Buffer.concat(out), failed };
}

const text = fc.string({ unit: "binary", maxLength: 40 });
const token = fc.constantFrom("a.test", "a.test:443", "A.test.", "[::1]", "a b", "", "a@b", "127.1", "/", "http://a.test/", "http://a.test", "*",
  "chunked", "gzip", "\r\n", "1.1", "1.0", "2.0");

test("any head of a request is read or refused, and what is read is one host that all its parts name", () => {
  const head = fc.record({
    method: fc.oneof(text, fc.constant("GET")), target: fc.oneof(text, token, text.map((tail) => `http://a.test/${tail}`)), httpVersion: fc.oneof(text,
      fc.constant("1.1")), hasBody: fc.boolean(), isUpgrade: fc.boolean(),
    headers: fc.array(fc.tuple(fc.oneof(text, fc.constantFrom("Host", "host", "Transfer-Encoding", "x-http-method-override")), fc.oneof(text, token)),
      { maxLength: 5 }).map((pairs) => pairs.flat()),
  });
  const tunnel = fc.option(fc.record({ host: fc.constantFrom("a.test", "::1"), port: fc.constantFrom(80, 443), secure: fc.boolean() }), { nil: undefined });
  fc.assert(fc.property(head, tunnel, (asked: RequestHead, via) => {
    const read = readRequest(asked, via);
    if ("refused" in read) return;
    expect(canonicalHost(read.host)).toBe(read.host);
    expect(asked.headers.filter((name, index) => index % 2 === 0 && name.toLowerCase() === "host")).toHaveLength(1);
    if (via !== undefined) expect([read.host, read.port]).toEqual([via.host, via.port]);
    expect(read.path.startsWith("/")).toBe(true);
  }), { numRuns: 3_000 });
});

test("any fields of an HTTP/2 stream are a head or refused", () => {
  const field = fc.tuple(fc.oneof(text, fc.constantFrom(":method", ":path", ":scheme", ":authority", "host", "cookie", "te")), fc.oneof(text, token));
  fc.assert(fc.property(fc.array(field, { maxLength: 8 }), (fields) => {
    const head = readStreamHead(fields.flat());
    if (head.malformed === undefined) expect(head.headers.join("")).not.toMatch(/[\0\r\n]/);
  }), { numRuns: 3_000 });
});

test("any answer to a CONNECT is read the same however it is cut", () => {
  const part = fc.oneof(fc.constantFrom("HTTP/1.1 200 OK", "HTTP/1.1 100 Continue", "HTTP/1.0 407 No", "\r\n", "\r\n\r\n", "\n", "A: b", " c", ":", "\0"), text);
  fc.assert(fc.property(fc.array(part, { maxLength: 12 }), cuts, (parts, places) => {
    const whole = Buffer.from(parts.join(""), "latin1");
    const once = createConnectAnswerReader()(whole);
    const read = createConnectAnswerReader();
    let last = read(Buffer.alloc(0));
    for (const piece of pieces(whole, places)) if (last.kind === "incomplete") last = read(piece);
    expect(last.kind).toBe(once.kind);
    if (last.kind === "answered" && once.kind === "answered") expect(last.status).toBe(once.status);
  }), { numRuns: 3_000 });
});

test("any beginning of a tunnel is a hello, no hello, or too short, and no longer one once it is no hello", () => {
  const start = fc.constantFrom(Buffer.from([22, 3, 1]), Buffer.from([22, 3, 1, 0, 60, 1, 0, 0, 56, 3, 3]), Buffer.alloc(0));
  fc.assert(fc.property(start, bytes, fc.nat(400), (first, rest, at) => {
    const whole = Buffer.concat([first, rest]);
    if (readClientHello(whole.subarray(0, at)).kind === "other") expect(readClientHello(whole).kind).toBe("other");
  }), { numRuns: 3_000 });
});

const serverFrame = fc.tuple(fc.constantFrom(0x81, 0x82, 0x01, 0x80, 0x89, 0xc1), fc.constantFrom("", "a", secret, `<${secret}>`,
  "x".repeat(200))).map(([first, payload]) =>
  Buffer.concat([Buffer.from([first, ...(payload.length < 126 ? [payload.length] : [126, 0, payload.length])]), Buffer.from(payload)]));

test("any bytes of an upstream's WebSocket or gRPC pass without the value, the same however they are cut", async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof({ weight: 4, arbitrary: serverFrame }, bytes), { maxLength: 5 }), cuts, async (frames, places) => {
    const whole = Buffer.concat(frames);
    const [one, other] = await Promise.all([through(redactFrames([secret]), [whole]), through(redactFrames([secret]), pieces(whole, places))]);
    expect(other.failed).toBe(one.failed);
    if (!one.failed) expect(other.out.equals(one.out)).toBe(true);
    expect(one.out.length).toBeLessThanOrEqual(whole.length);
    expect(other.out.includes(secret)).toBe(false);
  }), { numRuns: 500 });
  fc.assert(fc.property(bytes, cuts, (rest, places) => {
    const redactor = redactMessages([secret]);
    try {
      const out = Buffer.concat([...pieces(Buffer.concat([Buffer.from([0, 0, 0, 0, secret.length]), Buffer.from(secret), rest]),
        places).map((piece) => redactor.push(piece)), redactor.flush()]);
      expect(out.includes(secret)).toBe(false);
    } catch (error) {
      expect(String(error)).toContain("compressed message");
    }
  }), { numRuns: 500 });
});

test("any bytes of a client's WebSocket pass unchanged up to where they are refused, and never a known value", async () => {
  const scanner = createScanner({ known: [{ name: "KNOWN", value: secret }] });
  const clientFrame = fc.tuple(fc.constantFrom(0x81, 0x01, 0x80, 0x89, 0x83), fc.constantFrom("", "hello", secret, secret.slice(0, 9), secret.slice(9)),
    fc.boolean()).map(([first, payload, isMasked]) =>
    Buffer.concat([Buffer.from([first, payload.length | (isMasked ? 0x80 : 0)]), Buffer.alloc(isMasked ? 4 : 0), Buffer.from(payload)]));
  await fc.assert(fc.asyncProperty(fc.array(fc.oneof({ weight: 4, arbitrary: clientFrame }, bytes), { maxLength: 6 }), cuts, async (frames, places) => {
    const whole = Buffer.concat(frames);
    const scan = (): ReturnType<typeof scanFrames> => scanFrames({
      host: "a.test", action: "block", placeholders: compilePlaceholders({}), lease: { spend: () => true }, onFindings: () => {}, onRefused: () => {},
      scanning: { message: (_host, content) => scanner.bytes(content, { where: "message" }), wire: (frame) => scanner.bytes(frame) },
    });
    const { out } = await through(scan(), pieces(whole, places));
    expect(whole.subarray(0, out.length).equals(out)).toBe(true);
    expect(out.includes(secret)).toBe(false);
  }), { numRuns: 500 });
});

test("twice the bytes take no more than a few times as long to scan", () => {
  const scanner = createScanner({ known: [{ name: "KNOWN", value: secret }] });
  const time = (content: Buffer): number => {
    const startedAt = process.threadCpuUsage();
    scanner.bytes(content);
    return process.threadCpuUsage(startedAt).user / 1_000;
  };
  const unit = fc.oneof(fc.string({ minLength: 1, maxLength: 6, unit: fc.constantFrom(..."aA0%2f\\u&#x;{}[]\":,=-_/+. \r\n") }),
    fc.constantFrom("-----BEGIN ", "eyJ", "AKIA", "sk-", "ghp_", "://a:b@", "--b\r\n", "data: ", "&#x", "\\u00", "=?"));
  fc.assert(fc.property(unit, (text) => {
    const [short, long] = [50_000, 100_000].map((length) => Math.min(...[0, 1].map(() => time(Buffer.alloc(length, text)))));
    // What is too short to be measured is no matter.
    expect(long).toBeLessThan(Math.max(60, (short ?? 0) * 6));
  }), { numRuns: 25 });
}, 60_000);
