import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import { type BodyScan, createScanner, type Finding } from "@bottle/secret-scan";
import fc from "fast-check";
import { expect, test } from "vitest";
import { holdBytes } from "../credentials/held-bytes.ts";
import type { RouteDlp } from "../policy/dlp.ts";
import type { BodyScanning } from "./scan-body.ts";
import { scanBody } from "./scan-body.ts";

const value = "Qz7-listed-value-93kd02";
const scanner = createScanner({ known: [{ name: "listed", value }], canaries: [], patterns: [] });
const block = { action: "block", streaming: false } as const;
type Options = Partial<Pick<BodyScanning, "dlp" | "limitBytes" | "scan">> & { readonly marks?: { readonly contentEncoding?: string; readonly contentType?: string } };

interface Started {
  readonly source: PassThrough;
  readonly refused: string[];
  readonly found: Finding[];
  readonly out: () => Buffer;
  readonly opened: Promise<boolean>;
  /** Resolves when the body has ended or broken off; whether it ended. */
  readonly over: Promise<boolean>;
}

function start({ dlp = block, limitBytes = 1_000_000, scan, marks = {} }: Options = {}): Started {
  const refused: string[] = [];
  const found: Finding[] = [];
  const out: Buffer[] = [];
  const source = new PassThrough();
  const { body, opened } = scanBody(source, {
    scan: scan ?? scanner.stream(marks), dlp: dlp as RouteDlp & BodyScanning["dlp"], limitBytes,
    onFindings: (findings) => found.push(...findings), onRefused: (reason) => refused.push(reason),
  });
  const over = new Promise<boolean>((resolve) => void body.on("data", (chunk: Buffer) => out.push(chunk)).on("error", () => {}).once("end", () => resolve(true)).once("close", () => resolve(false)));
  return { source, refused, found, out: () => Buffer.concat(out), opened, over };
}

async function pass(chunks: readonly Uint8Array[], options?: Options): Promise<Started & { readonly isEnded: boolean }> {
  const started = start(options);
  for (const chunk of chunks) started.source.write(chunk);
  started.source.end();
  return { ...started, isEnded: await started.over };
}

const cut = (bytes: Buffer, size: number): Buffer[] => Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) => bytes.subarray(at * size, (at + 1) * size));

test("any clean body comes out as it went in, however it is cut", async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), fc.integer({ min: 1, max: 700 }), fc.constantFrom("block", "warn"), async (bytes, size, action) => {
    const whole = Buffer.from(bytes);
    const { out, opened, isEnded, refused } = await pass(cut(whole, size), { dlp: { action: action as "warn", streaming: false } });
    if (refused.length > 0) return;
    expect([out().equals(whole), await opened, isEnded]).toEqual([true, true, true]);
  }), { numRuns: 100 });
  const large = Buffer.alloc(900_000, "lorem ipsum dolor ");
  const { out, isEnded } = await pass(cut(large, 7_777));
  expect([out().equals(large), isEnded]).toEqual([true, true]);
});

test("a value in a small body is refused before anything has come out", async () => {
  for (const size of [1, 5, 1_000]) {
    const { out, refused, opened, isEnded } = await pass(cut(Buffer.from(`some ${value} text`), size));
    expect([out().length, refused, await opened, isEnded]).toEqual([0, ["secret-found"], false, false]);
  }
});

test("a value deep in a large body does not come out, wherever it is cut, and the body never ends", async () => {
  for (const before of [60_000, 65_530, 65_536, 131_060, 400_000]) {
    const { out, refused, isEnded } = await pass(cut(Buffer.concat([Buffer.alloc(before, "lorem ipsum "), Buffer.from(value), Buffer.alloc(200_000, "dolor ")]), 16_384));
    expect([refused, isEnded, out().includes(value.slice(0, 12))]).toEqual([["secret-found"], false, false]);
  }
});

test("what was found is told, and passes on warn", async () => {
  const { out, found, refused } = await pass([Buffer.from(value)], { dlp: { action: "warn", streaming: false } });
  expect([out().toString(), found.map(({ rule }) => rule), refused]).toEqual([value, ["listed"], []]);
});

test("what comes before a pause goes on within a moment, and a body that does not begin may be opened", async () => {
  const started = start();
  expect(await Promise.race([started.opened, sleep(2_000).then(() => "late")])).toBe(true);
  started.source.write("no line");
  await sleep(300);
  expect(started.out().toString()).toBe("no line");
  started.source.destroy();
  expect(await started.over).toBe(false);
});

test("a value that drips in never has more than its first characters come out", async () => {
  const started = start();
  for (const byte of Buffer.from(`key=${value} `)) {
    started.source.write(Buffer.from([byte]));
    await sleep(40);
  }
  expect(await started.over).toBe(false);
  expect(started.refused).toEqual(["secret-found"]);
  expect(started.out().length).toBeLessThan("key=".length + 6);
});

const large = Buffer.alloc(3_000, "lorem ipsum ");

test("a body over the limit is refused on block; on warn, or as a stream, it passes whole, and that is told", async () => {
  const refused = await pass(cut(large, 100), { limitBytes: 2_000 });
  expect([refused.refused, refused.isEnded, refused.found]).toMatchObject([["unscannable"], false, [{ rule: "too-large", kind: "unscannable" }]]);
  for (const dlp of [{ action: "warn", streaming: false }, { action: "block", streaming: true }] as const) {
    const passed = await pass(cut(large, 100), { limitBytes: 2_000, dlp });
    expect([passed.refused, passed.isEnded, passed.out().equals(large), passed.found]).toMatchObject([[], true, true, [{ rule: "too-large" }]]);
  }
});

test("a value before the limit is found, as a stream too", async () => {
  const { refused, out } = await pass(cut(Buffer.concat([Buffer.from(value), large]), 500), { limitBytes: 2_000, dlp: { action: "block", streaming: true } });
  expect([refused, out().length]).toEqual([["secret-found"], 0]);
});

test("a compressed body over the limit is cut where it is read, and that alone does not refuse a stream", async () => {
  const bytes = gzipSync(Buffer.from(Array.from({ length: 6_000 }, (_, index) => (index * 7_919) & 0xff)), { level: 0 });
  const marks = { contentEncoding: "gzip" };
  const passed = await pass(cut(bytes, 500), { limitBytes: 2_000, dlp: { action: "block", streaming: true }, marks });
  expect([passed.refused, passed.out().equals(bytes)]).toEqual([[], true]);
  expect((await pass(cut(bytes, 500), { limitBytes: 2_000, marks })).refused).toEqual(["unscannable"]);
});

test.each([
  ["of an unknown coding", "snappy", Buffer.from("abc")],
  ["that is damaged", "gzip", gzipSync("hello").subarray(0, 15)],
  ["that is another coding than it says", "br", gzipSync("hello")],
])("a body %s is refused on block, as a stream too, and passes on warn", async (_, contentEncoding, body) => {
  for (const streaming of [false, true]) expect((await pass([body], { marks: { contentEncoding }, dlp: { action: "block", streaming } })).refused).toEqual(["unscannable"]);
  const passed = await pass([body], { marks: { contentEncoding }, dlp: { action: "warn", streaming: false } });
  expect([passed.out().equals(body), passed.found[0]?.kind]).toEqual([true, "unscannable"]);
});

test.each(["push", "flush", "end"] as const)("a scan that fails at its %s refuses, and nothing is thrown", async (step) => {
  const fine = { released: Buffer.alloc(0), findings: [] };
  const fail = (): never => {
    throw new RangeError("deep");
  };
  const scan: BodyScan = { push: () => fine, flush: () => fine, end: () => fine, [step]: fail };
  for (const dlp of [block, { action: "warn", streaming: true }] as const) {
    const started = start({ scan, dlp });
    started.source.write("abc");
    await sleep(60);
    started.source.end();
    expect([await started.over, await started.opened, started.refused]).toEqual([false, false, ["unscannable"]]);
  }
});

test("what all bodies hold back together is bounded, and given back at the end", async () => {
  const marks = { contentEncoding: "gzip" };
  const held = holdBytes(Infinity);
  expect(held.take(128 * 1024 * 1024 - 1_000)).toBe(true);
  expect((await pass([Buffer.alloc(2_000)], { marks })).refused).toEqual(["unscannable"]);
  held[Symbol.dispose]();
  for (let round = 0; round < 40; round += 1) {
    const started = start({ marks, limitBytes: 64 * 1024 * 1024 });
    started.source.write(Buffer.alloc(5_000_000));
    await sleep(1);
    started.source.destroy();
    expect([await started.over, started.refused]).toEqual([false, []]);
  }
});

test("a source that breaks off is not completed, and does not open", async () => {
  const started = start({ marks: { contentEncoding: "gzip" } });
  started.source.write("abc");
  await sleep(5);
  started.source.destroy();
  expect([await started.over, await started.opened, started.out().length]).toEqual([false, false, 0]);
});
