import { setImmediate as turn } from "node:timers/promises";
import fc from "fast-check";
import { expect, test } from "vitest";
import { compilePlaceholders } from "../credentials/placeholder/compile-placeholders.ts";
import type { DlpAction } from "../policy/model.ts";
import { clientFrame } from "../testing/client-frame.ts";
import { scanFrames } from "./scan-frames.ts";
import { createScanning, type Scanning } from "./scanning.ts";

const value = "Qz7-listed-value-93kd02";
const scanning = (): Scanning => createScanning({ known: [{ name: "listed", value }], canaries: [], packs: [] });
const token = "placeholder-7hT2mQ9xWv4Lr8Zd";

interface Passed {
  readonly out: Buffer;
  /** Frames or pieces of them, as they came out. */
  readonly pieces: number;
  readonly refused: readonly string[];
  readonly found: readonly string[];
  readonly isBroken: boolean;
}

async function pass(chunks: readonly Buffer[], options: { readonly action?: DlpAction; readonly placeholder?: boolean; readonly most?: number } = {}): Promise<Passed> {
  const refused: string[] = [];
  const found: string[] = [];
  let spent = 0;
  let isBroken = false;
  const looking = scanning();
  await looking.load();
  const frames = scanFrames({
    host: "a.test", scanning: looking, action: options.action ?? "block",
    placeholders: compilePlaceholders(options.placeholder === true ? { TOKEN: token } : {}),
    lease: { spend: (bytes) => (spent += bytes) <= (options.most ?? Infinity) },
    onFindings: (findings) => found.push(...findings.map(({ rule }) => rule)), onRefused: (reason) => refused.push(reason),
  });
  const out: Buffer[] = [];
  frames.on("data", (chunk: Buffer) => out.push(chunk)).on("error", () => void (isBroken = true));
  for (const chunk of chunks) if (!frames.destroyed) frames.write(chunk);
  await turn();
  await turn();
  frames.destroy();
  return { out: Buffer.concat(out), pieces: out.length, refused, found, isBroken };
}

const bytesOf = (bytes: Buffer): Buffer[] => [...bytes].map((byte) => Buffer.from([byte]));
const frameOf = fc.record({ text: fc.string({ maxLength: 300 }), mask: fc.uint8Array({ minLength: 4, maxLength: 4 }), isPing: fc.boolean() })
  .map(({ text, mask, isPing }) => clientFrame(isPing ? text.slice(0, 20) : text, { opcode: isPing ? 9 : 2, mask: Buffer.from(mask) }));

test("frames come out as they went in, each at once, however they are cut", async () => {
  await fc.assert(fc.asyncProperty(fc.array(frameOf, { maxLength: 5 }), fc.integer({ min: 1, max: 40 }), async (frames, size) => {
    const whole = Buffer.concat(frames);
    const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, at) => whole.subarray(at * size, (at + 1) * size));
    const { out, pieces, refused } = await pass(chunks, { action: "warn" });
    expect([out.equals(whole), pieces, refused]).toEqual([true, frames.length, []]);
  }), { numRuns: 60 });
});

test("any bytes have an answer, and nothing comes out that did not go in", async () => {
  await fc.assert(fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) => {
    const { out } = await pass([Buffer.from(bytes)]);
    expect(out.equals(Buffer.from(bytes).subarray(0, out.length))).toBe(true);
  }), { numRuns: 200 });
});

test.each<[string, Buffer[]]>([
  ["whole", [clientFrame(value)]],
  ["byte by byte", bytesOf(clientFrame(value))],
  ["in a ping", [clientFrame(value, { opcode: 9 })]],
  ["in base64", [clientFrame(Buffer.from(value).toString("base64"))]],
  ["cut over frames", [clientFrame(value.slice(0, 8), { isLast: false }), clientFrame("ping", { opcode: 9 }), clientFrame(value.slice(8), { opcode: 0 })]],
  ["cut over many frames, in base64", [...Buffer.from(value).toString("base64")].map((text, at, all) => clientFrame(text, { opcode: at === 0 ? 1 : 0, isLast: at === all.length - 1 }))],
  ["cut over messages", [clientFrame(value.slice(0, 8)), clientFrame(value.slice(8))]],
])("a listed value is not passed on: %s", async (_, chunks) => {
  const { out, refused, found, isBroken } = await pass(chunks);
  expect([refused, found.includes("listed"), isBroken]).toEqual([["secret-found"], true, true]);
  expect(out.length).toBeLessThan(Buffer.concat(chunks).length);
});

test("a value that only shows while the mask is on is refused too: whoever receives it need not take that off", async () => {
  for (const at of [0, 4]) {
    const wire = Buffer.concat([Buffer.from([0x82, 0x80 | (value.length + at - 4)]), Buffer.from("mask".slice(0, at)), Buffer.from(value)]);
    expect(await pass([wire])).toMatchObject({ out: Buffer.alloc(0), refused: ["secret-found"], found: ["listed"] });
  }
});

test("where the route warns all passes and is told, where it is off nothing is looked for", async () => {
  const frame = clientFrame(value);
  expect(await pass([frame], { action: "warn" })).toMatchObject({ out: frame, refused: [], found: ["listed"] });
  expect(await pass([frame], { action: "off" })).toMatchObject({ out: frame, refused: [], found: [] });
});

test("empty frames and full ones that come at once all pass where nothing is looked for", async () => {
  const all = Buffer.concat([clientFrame(""), clientFrame("", { opcode: 9 }), clientFrame("a"), clientFrame(""), clientFrame("b".repeat(200))]);
  expect((await pass([all], { action: "off" })).out.equals(all)).toBe(true);
  expect((await pass(bytesOf(all), { action: "off" })).out.equals(all)).toBe(true);
});

test.each<[string, Buffer[]]>([
  ["that is not masked", [Buffer.from([0x81, 1, 65])]],
  ["with an extension's bit", [Buffer.from([0xc1, 0x80, 0, 0, 0, 0])]],
  ["of an unknown opcode", [Buffer.from([0x83, 0x80, 0, 0, 0, 0])]],
  ["whose length could be shorter", [Buffer.from([0x81, 0xfe, 0, 1, 0, 0, 0, 0, 65])]],
  ["whose length is beyond numbers", [Buffer.from([0x81, 0xff, 0xff, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])]],
  ["for control that is long", [clientFrame("x".repeat(126), { opcode: 9 })]],
  ["for control in pieces", [clientFrame("x", { opcode: 9, isLast: false })]],
  ["that goes on with nothing", [clientFrame("x", { opcode: 0 })]],
  ["that begins a message within another", [clientFrame("x", { isLast: false }), clientFrame("y")]],
])("a frame %s ends the stream, whatever the route says", async (_, chunks) => {
  for (const action of ["block", "warn", "off"] as const) {
    const { refused, isBroken, out } = await pass(chunks, { action });
    expect([refused, isBroken, out.equals(Buffer.concat(chunks.slice(0, -1)))]).toEqual([["request-malformed"], true, true]);
  }
});

test("a frame over 4 MiB is refused unread; where the route warns, or is off, it passes as it comes", async () => {
  const frame = clientFrame("x".repeat(4 * 1024 * 1024 + 1));
  const chunks = [frame.subarray(0, 20), frame.subarray(20, 1_000_000), frame.subarray(1_000_000), clientFrame("next")];
  expect(await pass(chunks)).toMatchObject({ pieces: 0, refused: ["unscannable"], found: ["too-large"] });
  const whole = Buffer.concat(chunks);
  for (const [action, found] of [["warn", ["too-large"]], ["off", []]] as const) {
    const passed = await pass(chunks, { action });
    expect([passed.out.equals(whole), passed.refused, passed.found]).toEqual([true, [], found]);
    expect((await pass(chunks.slice(0, 2), { action })).out.length).toBe(1_000_000);
  }
});

test.each<[string, Buffer[]]>([
  ["in a message", [clientFrame(`a ${token} b`)]],
  ["in a ping", [clientFrame(token, { opcode: 9 })]],
  ["in base64", [clientFrame(Buffer.from(token).toString("base64"))]],
  ["cut over messages", [clientFrame(token.slice(0, 9)), clientFrame(token.slice(9))]],
])("a placeholder is refused whatever the route says: %s", async (_, chunks) => {
  for (const action of ["block", "warn", "off"] as const) expect((await pass(chunks, { action, placeholder: true })).refused).toEqual(["placeholder-misused"]);
  expect((await pass(chunks)).refused).toEqual([]);
});

test("a placeholder in a frame too long to hold ends it on the way", async () => {
  const frame = clientFrame(`${"x".repeat(4 * 1024 * 1024)}${token}${"y".repeat(100)}`);
  const { out, refused } = await pass([frame.subarray(0, -110), frame.subarray(-110)], { action: "warn", placeholder: true });
  expect([refused, out.length <= frame.length - 110]).toEqual([["placeholder-misused"], true]);
});

test("the bytes of messages count", async () => {
  const frame = clientFrame("x".repeat(100));
  for (const action of ["block", "off"] as const) expect(await pass([frame, frame, frame], { action, most: 250 })).toMatchObject({ refused: ["limit-bytes"], out: Buffer.concat([frame, frame]) });
});

test("a frame that drips in, and a message in thousands of frames, cost no more than their length", async () => {
  const startedAt = performance.now();
  expect((await pass(bytesOf(clientFrame("x".repeat(50_000))))).pieces).toBe(1);
  const many = Array.from({ length: 500 }, (_, at) => clientFrame("y".repeat(40), { opcode: at === 0 ? 1 : 0, isLast: false }));
  expect((await pass([Buffer.concat(many)])).pieces).toBe(500);
  expect(performance.now() - startedAt).toBeLessThan(12_000);
});
