import { PassThrough } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { createScanner } from "@bottle/secret-scan";
import { expect, test } from "vitest";
import type { RefusalReason } from "../policy/refusals.ts";
import { scanMessages } from "./scan-messages.ts";

const secret = "real-secret-0123456789";

function message(text: string, flag = 0): Buffer {
  const head = Buffer.from([flag, 0, 0, 0, 0]);
  head.writeUInt32BE(text.length, 1);
  return Buffer.concat([head, Buffer.from(text)]);
}

interface Passed {
  readonly out: Buffer;
  readonly refused: RefusalReason[];
  readonly opened: boolean;
}

async function pass(chunks: readonly Buffer[], options: { readonly action?: "block" | "warn"; readonly limitBytes?: number; readonly isOpenEnded?: boolean } = {}): Promise<Passed> {
  const scanner = createScanner({ known: [{ name: "token", value: secret }], canaries: [] });
  const refused: RefusalReason[] = [];
  const source = new PassThrough();
  const { body, opened } = scanMessages(source, {
    scanOf: (isCompressed) => scanner.stream({ contentType: "", contentEncoding: isCompressed ? "gzip" : "" }),
    dlp: { action: options.action ?? "block", streaming: false }, limitBytes: options.limitBytes ?? 1_000_000, onFindings: () => {}, onRefused: (reason) => refused.push(reason),
  });
  const out: Buffer[] = [];
  body.on("data", (chunk: Buffer) => out.push(chunk)).on("error", () => {});
  for (const chunk of chunks) source.write(chunk);
  if (options.isOpenEnded !== true) source.end();
  await sleep(60);
  const result = { out: Buffer.concat(out), refused, opened: await opened };
  source.destroy();
  return result;
}

test("messages come out as they went in, wherever the stream is cut", async () => {
  const whole = Buffer.concat(["", "hello", "x".repeat(300), ""].map((text) => message(text)));
  for (const size of [1, 2, 3, 5, 7, 64, 1_000]) {
    const chunks = Array.from({ length: Math.ceil(whole.length / size) }, (_, at) => whole.subarray(at * size, (at + 1) * size));
    const { out, opened } = await pass(chunks);
    expect([out.equals(whole), opened]).toEqual([true, true]);
  }
});

test("a whole message goes on while the stream is open, and a stream without any may be opened", async () => {
  expect((await pass([message("no line")], { isOpenEnded: true })).out.equals(message("no line"))).toBe(true);
  expect((await pass([], { isOpenEnded: true })).opened).toBe(true);
});

test.each<[string, Buffer[]]>([
  ["whole", [message(secret)]],
  ["cut anywhere", [...message(`<${secret}>`)].map((byte) => Buffer.from([byte]))],
  ["in a message that is not complete", [message(`${secret} and more`).subarray(0, 30)]],
])("a known secret does not go on: %s", async (_, chunks) => {
  const { out, refused, opened } = await pass(chunks);
  expect([out.includes(secret), refused, opened]).toEqual([false, ["secret-found"], false]);
});

test("what is refused stays in, and what came before it has gone", async () => {
  const { out, refused } = await pass([message("fine"), message(secret), message("late")]);
  expect([out.equals(message("fine")), refused]).toEqual([true, ["secret-found"]]);
});

test("what cannot be read is refused where the route blocks: another flag, too long a message", async () => {
  expect(await pass([message("x", 2)])).toMatchObject({ refused: ["unscannable"] });
  expect(await pass([message("x".repeat(20))], { limitBytes: 10 })).toMatchObject({ refused: ["unscannable"] });
  expect((await pass([message("x", 2)], { action: "warn" })).out.equals(message("x", 2))).toBe(true);
});

test("a scan that fails refuses, and nothing is thrown", async () => {
  const fail = (): never => {
    throw new RangeError("deep");
  };
  const fine = { released: Buffer.alloc(0), findings: [] };
  for (const scan of [{ push: fail, flush: () => fine, end: () => fine }, { push: () => fine, flush: () => fine, end: fail }]) {
    const refused: RefusalReason[] = [];
    const source = new PassThrough();
    const { body, opened } = scanMessages(source, { scanOf: () => scan, dlp: { action: "warn", streaming: true }, limitBytes: 1_000, onFindings: () => {}, onRefused: (reason) => refused.push(reason) });
    body.on("error", () => {}).resume();
    source.end(message("hello"));
    expect([await opened, refused]).toEqual([false, ["unscannable"]]);
  }
});
