import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { AuditRecord } from "@bottle/manifest";
import { parseAuditLine } from "@bottle/manifest/state";
import { afterEach, beforeEach, expect, test } from "vitest";
import { callControl, followAudit } from "../index.ts";
import { runSidecars, type Sidecars } from "../run-sidecars.ts";
import { askIn, configIn } from "../testing/rig.ts";

let folder: string;
let sidecars: Sidecars;
let socket: string;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "bottle-follow-"));
  const config = configIn(folder, "a-token-0123456789");
  socket = config.control.unix;
  sidecars = await runSidecars(config, { onStop: () => undefined, log: () => undefined });
});
afterEach(async () => {
  await sidecars[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true, force: true });
});

const written = (): AuditRecord[] => readFileSync(join(folder, "audit.jsonl"), "utf8").split("\n").filter(Boolean).map(parseAuditLine);
const note = (detail: string): Promise<unknown> => callControl(socket, { op: "record", event: { type: "lifecycle", event: "ready", detail } });

/** The next records, and the reader that goes on. */
async function take(reader: AsyncGenerator<AuditRecord, void, undefined>, count: number): Promise<AuditRecord[]> {
  const records: AuditRecord[] = [];
  while (records.length < count) {
    const { value, done } = await reader.next();
    if (done === true) break;
    records.push(value);
  }
  return records;
}

test("a reader gets what is written after it came, by several connections at once, and an order in between waits for none", async () => {
  await note("before");
  const readers = [followAudit(socket), followAudit(socket)];
  const first = readers.map((reader) => take(reader, 2));
  // Nothing tells that a reader has begun but its records.
  await expect.poll(async () => {
    await note("now");
    return Promise.race([Promise.all(first).then(() => "all"), new Promise((resolve) => setTimeout(resolve, 50, "not yet"))]);
  }, { timeout: 5_000 }).toBe("all");
  for (const records of await Promise.all(first)) expect(records.map(({ event }) => event)).toMatchObject([{ detail: "now" }, { detail: "now" }]);
  for (const reader of readers) await reader.return();
});

test("after a sequence number, what the file holds comes first: none twice, and none left out while more is written", async () => {
  for (let count = 0; count < 300; count += 1) await note(`before ${count} ${"x".repeat(2_000)}`);
  const reader = followAudit(socket, { after: 99 });
  const taking = take(reader, 500);
  for (let count = 0; count < 300; count += 1) await note(`while ${count}`);
  const records = await taking;
  expect(records.map(({ seq }) => seq)).toEqual(Array.from({ length: 500 }, (_, index) => index + 100));
  expect(records).toEqual(written().slice(100, 600));
  await reader.return();
});

test("it begins in the file that holds the line, and goes on through files that are moved aside meanwhile", async () => {
  await sidecars[Symbol.asyncDispose]();
  sidecars = await runSidecars(configIn(folder, "a-token-0123456789"), { onStop: () => undefined, log: () => undefined, audit: { maxFileBytes: 4_000 } });
  for (let count = 0; count < 60; count += 1) await note(`before ${count} ${"x".repeat(200)}`);
  const readers = [-1, 30].map((after) => ({ after, taking: take(followAudit(socket, { after }), 100 - after) }));
  for (let count = 0; count < 60; count += 1) await note(`while ${count} ${"x".repeat(200)}`);
  for (const { after, taking } of readers) expect((await taking).map(({ seq }) => seq)).toEqual(Array.from({ length: 100 - after }, (_, index) => index + after + 1));
});

test("it is live: a refusal is there at once", async () => {
  await note("the first");
  const reader = followAudit(socket, { after: written().length - 1 });
  const taking = take(reader, 1);
  await askIn(folder, "elsewhere.example.com");
  expect((await taking)[0]?.event).toMatchObject({ type: "network", decision: "deny", host: "elsewhere.example.com", reason: "no-route" });
  await reader.return();
});

test("it ends with the signal, and with the sidecars", async () => {
  const abort = new AbortController();
  const [stopped, left] = [followAudit(socket, { signal: abort.signal }), followAudit(socket)];
  const ends = [stopped.next(), left.next()];
  // Answered once, so that its end is an end and no failure.
  await callControl(socket, { op: "health" });
  await new Promise((resolve) => setTimeout(resolve, 100));
  abort.abort();
  expect(await ends[0]).toEqual({ done: true, value: undefined });
  await sidecars[Symbol.asyncDispose]();
  expect(await ends[1]).toEqual({ done: true, value: undefined });
  await expect(followAudit(socket).next()).rejects.toMatchObject({ code: "control-failed", message: expect.stringContaining("Is the bottle running?") });
});

test("a reader that reads nothing is told and cut off, and nobody else waits for it", async () => {
  const slow = connect({ path: socket });
  slow.write('{"op":"follow"}\n');
  await new Promise((resolve) => slow.once("data", resolve));
  slow.pause();
  const text = "y".repeat(4_000);
  for (let count = 0; count < 500; count += 1) await note(`${count} ${text}`);
  let heard = "";
  const closed = new Promise((resolve) => slow.once("close", resolve));
  slow.setEncoding("utf8").on("data", (chunk: string) => (heard += chunk)).resume();
  await closed;
  const lines = heard.trimEnd().split("\n");
  expect(JSON.parse(lines.at(-1) ?? "")).toEqual({ ok: false, message: "The reader was too slow: it left more than 1 MiB of the audit log unread. Follow again, after the last record that came." });
  const last = JSON.parse(lines.at(-2) ?? "") as { readonly record: AuditRecord };
  const again = followAudit(socket, { after: last.record.seq });
  expect((await take(again, 1))[0]?.seq).toBe(last.record.seq + 1);
  await again.return();
});

test.each(['{"op":"follow","after":"0"}', '{"op":"follow","after":1.5}'])("%s is no order", async (line) => {
  const client = connect({ path: socket });
  client.write(`${line}\n`);
  const [answer] = await new Promise<[Buffer]>((resolve) => client.once("data", (data: Buffer) => resolve([data])));
  expect(JSON.parse(String(answer))).toMatchObject({ ok: false });
  client.destroy();
});
