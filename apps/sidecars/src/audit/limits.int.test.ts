import { mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { checkAuditChain, parseAuditLine, type AuditEvent, type NetworkEvent, type SidecarsConfig } from "@bottle/manifest";
import { afterEach, beforeEach, expect, test } from "vitest";
import { callControl } from "../index.ts";
import { runSidecars, type AuditLimits, type Sidecars } from "../run-sidecars.ts";
import { askIn, configIn, sha256 } from "../testing/rig.ts";

let folder: string;
let said: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "bottle-audit-"));
  said = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const config = (change: Partial<SidecarsConfig> = {}): SidecarsConfig => configIn(folder, "token-of-the-operator", change);
const run = (audit: Partial<AuditLimits>, change?: Partial<SidecarsConfig>): Promise<Sidecars> =>
  runSidecars(config(change), { onStop: () => undefined, log: (line) => void said.push(line), audit });
const lines = (): string[] => readFileSync(config().auditFile, "utf8").split("\n").filter(Boolean);
const events = (): AuditEvent[] => lines().map((line) => parseAuditLine(line).event).filter(({ type }) => type !== "checkpoint");
const networkEvents = (): NetworkEvent[] => events().filter((event) => event.type === "network");

async function askTimes(count: number, host: string): Promise<void> {
  for (let index = 0; index < count; index += 1) await askIn(folder, host, `/${index}`);
}

/** The freeze cuts the connection that it came by. */
const askOrBeCut = (host: string): Promise<string> => askIn(folder, host).catch(() => "cut");

test("refusals alike are counted beyond a few, others are not, and the chain holds", async () => {
  {
    await using _sidecars = await run({ alike: 3, windowMs: 60_000 });
    await askTimes(10, "one.example.com");
    await askTimes(2, "two.example.com");
    expect(networkEvents().length).toBe(5);
  }
  const found = networkEvents().map(({ host, path, count }) => ({ host, path, count }));
  expect(found).toEqual([
    ...[0, 1, 2].map((index) => ({ host: "one.example.com", path: `/${index}`, count: undefined })),
    ...[0, 1].map((index) => ({ host: "two.example.com", path: `/${index}`, count: undefined })),
    { host: "one.example.com", path: "/9", count: 7 },
  ]);
  expect(checkAuditChain(lines(), sha256)).toMatchObject({ ok: true, lines: 8 });
});

test("the count is written at the end of each window, and the next one starts anew", async () => {
  await using _sidecars = await run({ alike: 1, windowMs: 400 });
  await askTimes(4, "one.example.com");
  await expect.poll(() => networkEvents().map(({ count }) => count), { timeout: 5000 }).toEqual([undefined, 3]);
  await askTimes(2, "one.example.com");
  await expect.poll(() => networkEvents().map(({ count }) => count), { timeout: 5000 }).toEqual([undefined, 3, undefined, 1]);
});

test("what was allowed has a line each, however often", async () => {
  const upstream = createServer((_request, response) => response.end("ok"));
  await new Promise<void>((resolve) => upstream.listen(0, "127.0.0.1", resolve));
  const { port } = upstream.address() as AddressInfo;
  const { egress } = config();
  const declaration = { ...egress.declaration, routes: [{ host: "open.example.com", ports: [80] }], hosts: { "open.example.com": `127.0.0.1:${port}` } };
  try {
    await using _sidecars = await run({ alike: 1 }, { egress: { ...egress, declaration } });
    await askTimes(8, "open.example.com");
    await expect.poll(() => networkEvents().map(({ decision, count }) => ({ decision, count }))).toEqual(Array.from({ length: 8 }, () => ({ decision: "allow", count: undefined })));
  } finally {
    upstream.closeAllConnections();
    await new Promise((resolve) => upstream.close(resolve));
  }
});

test("a log at its limit freezes the egress, says so once, and still takes the operator's orders", async () => {
  const maxBytes = 5000;
  {
    await using _sidecars = await run({ alike: 1, maxBytes });
    for (let index = 0; index < 40; index += 1) await askOrBeCut(`host${index}.example.com`);
    expect(await askIn(folder, "another.example.com")).toBe("frozen");
    expect(said).toEqual([expect.stringMatching(/audit\.jsonl has reached its limit of 5000 bytes\. End the bottle, move its oldest file away, and resume\. The egress is frozen/)]);
    expect(events().at(-1)).toEqual({ type: "control", op: "freeze", outcome: "done", detail: said[0] });
    expect(networkEvents().length).toBeGreaterThan(5);
    expect(await callControl(config().control.unix, { op: "thaw" })).toEqual({ ok: true });
    expect(events().at(-1)).toEqual({ type: "control", op: "thaw", outcome: "done" });
    await askOrBeCut("another.example.com");
    expect(await callControl(config().control.unix, { op: "health" })).toMatchObject({ frozen: true });
    expect(said.length).toBe(1);
  }
  expect(statSync(config().auditFile).size).toBeLessThan(maxBytes + 2000);
  expect(checkAuditChain(lines(), sha256)).toMatchObject({ ok: true });
  await using _again = await run({ maxBytes });
  await askOrBeCut("another.example.com");
  expect(await askIn(folder, "another.example.com")).toBe("frozen");
});

test.each([
  [{ type: "network" }, "event.decision is missing"],
  [{ type: "lifecycle", event: "party" }, "event.event must be"],
  [{ type: "lifecycle", event: "ready", extra: 1 }, "event.extra is unknown"],
  [["lifecycle"], "event.type"],
  ["ready", "event must be"],
  [null, "event must be"],
])("the control socket records no %j, which is no event", async (event, message) => {
  await using _sidecars = await run({});
  expect(await callControl(config().control.unix, { op: "record", event: event as unknown as AuditEvent })).toEqual({ ok: false, message: expect.stringContaining(message) });
  expect(events()).toEqual([]);
  expect(await callControl(config().control.unix, { op: "record", event: { type: "lifecycle", event: "ready" } })).toEqual({ ok: true });
});
