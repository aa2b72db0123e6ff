import type { AuditEvent, AuditRecord } from "@bottle/manifest";
import { expect, test } from "vitest";
import type { Notice } from "./notice.ts";
import { watchProposals } from "./watch-proposals.ts";

const nothing = { pending: () => Promise.resolve([]) };
const pending = (id: string): AuditEvent => ({ type: "proposal", state: "pending", kind: "egress", proposal: id });
const record = (seq: number, event: AuditEvent): AuditRecord => ({ seq, time: "2026-01-01T00:00:00Z", identity: "dev-aaaaa", prev: "", event });

/** Follows a log that breaks off after each of these parts, and stays open at its end. */
function logOf(parts: readonly (readonly AuditRecord[])[]): { readonly follow: (options: { readonly after?: number; readonly signal: AbortSignal }) => AsyncGenerator<AuditRecord>; readonly asked: (number | undefined)[] } {
  const asked: (number | undefined)[] = [];
  return {
    asked,
    async *follow({ after, signal }) {
      const part = parts[asked.push(after) - 1];
      yield* part ?? [];
      if (asked.length < parts.length) throw new Error("broken off");
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    },
  };
}

test("what comes together is told together, what comes later on its own, and a log that breaks off is gone on with where it was", async () => {
  const log = logOf([[record(3, { type: "lifecycle", event: "ready" }), record(4, pending("p-aaaaaaaa")), record(5, pending("p-bbbbbbbb"))], [record(6, pending("p-cccccccc"))]]);
  const told: Notice[] = [];
  const channel = { send: (notice: Notice) => Promise.resolve(void told.push(notice)) };
  await using _watch = watchProposals({ ...nothing, identity: "dev-aaaaa", follow: log.follow, channels: [channel], gapMs: 10, retryMs: 500 });
  await expect.poll(() => told.map(({ proposals }) => proposals.map(({ id }) => id)), { timeout: 5000 }).toEqual([["p-aaaaaaaa", "p-bbbbbbbb"], ["p-cccccccc"]]);
  expect(log.asked).toEqual([undefined, 5]);
});

test("a flood is one notice at a time, with the gap between them", async () => {
  const log = logOf([Array.from({ length: 60 }, (_, index) => record(index, pending(`p-${String(index).padStart(8, "0")}`)))]);
  const told: Notice[] = [];
  await using _watch = watchProposals({ ...nothing, identity: "dev-aaaaa", follow: log.follow, channels: [{ send: (notice) => Promise.resolve(void told.push(notice)) }], gapMs: 60_000 });
  await expect.poll(() => told.length, { timeout: 5000 }).toBe(1);
  expect(told[0]?.proposals).toHaveLength(60);
});

test("a channel that fails keeps no other from telling, and the end waits for nobody", async () => {
  const log = logOf([[record(0, pending("p-aaaaaaaa"))]]);
  const told: Notice[] = [];
  const never = { send: (_: Notice, signal: AbortSignal) => new Promise<void>((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("aborted")), { once: true })) };
  const watch = watchProposals({ ...nothing, identity: "dev-aaaaa", follow: log.follow, channels: [{ send: () => Promise.reject(new Error("no")) }, never, { send: (notice) => Promise.resolve(void told.push(notice)) }] });
  await expect.poll(() => told.length, { timeout: 5000 }).toBe(1);
  await watch[Symbol.asyncDispose]();
});

test("what was asked before the log was followed is told too, and nothing twice", async () => {
  const log = logOf([[record(0, pending("p-bbbbbbbb"))]]);
  const told: Notice[] = [];
  const early = ["p-aaaaaaaa", "p-bbbbbbbb"].map((id) => ({ id, kind: "egress" as const }));
  await using _watch = watchProposals({ identity: "dev-aaaaa", follow: log.follow, pending: () => Promise.resolve(early), channels: [{ send: (notice) => Promise.resolve(void told.push(notice)) }], gapMs: 10, settleMs: 600 });
  await expect.poll(() => told.flatMap(({ proposals }) => proposals.map(({ id }) => id)), { timeout: 5000 }).toEqual(["p-bbbbbbbb", "p-aaaaaaaa"]);
});
