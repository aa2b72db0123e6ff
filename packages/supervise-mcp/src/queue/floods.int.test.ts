import { writeFileSync } from "node:fs";
import { mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Proposal } from "@bottle/manifest";
import { formatProposal } from "@bottle/manifest/state";
import { expect, test } from "vitest";
import { openQueueRig, proposed } from "../testing/queue-rig.ts";
import { startRig } from "../testing/rig.ts";
import { askFor, identity, makeFolder } from "../testing/world.ts";
import { hashOf } from "./files.ts";
import { createRefusals } from "./refusals.ts";

const why = "I need it.";

function fill(directory: string, count: number, made: (at: number) => Partial<Proposal>): void {
  const start = Date.now() - 86_400_000;
  for (let at = 0; at < count; at += 1) {
    const ask = askFor(`h${at}.test`);
    const time = new Date(start + at * 1000).toISOString();
    const proposal: Proposal = {
      version: 1, id: `p-${String(at).padStart(8, "0")}`, identity, state: "pending", createdAt: time, changedAt: time,
      expiresAt: new Date(start + 172_800_000).toISOString(), ask, justification: why, hash: hashOf({ ask, justification: why }), ...made(at),
    };
    writeFileSync(join(directory, `${proposal.id}.json`), formatProposal(proposal), { mode: 0o600 });
  }
}

test("so many wait at once, and so many are made in an hour; what the operator decides makes room", async () => {
  await using folder = await makeFolder();
  let clock = Date.now();
  await using rig = await openQueueRig(folder.path, { now: () => clock, limits: { pending: 2, perHour: 3 } });
  const ask = (at: number): ReturnType<typeof rig.queue.propose> => rig.queue.propose(askFor(`h${at}.test`), why);
  const first = await proposed(ask(0));
  await proposed(ask(1));
  expect(await ask(2)).toMatchObject({ flood: { cause: "pending", sentence: expect.stringContaining("2 proposals wait for the operator already") } });
  expect((await proposed(ask(1))).ask).toEqual(askFor("h1.test"));
  await rig.queue.withdraw(first.id);
  const third = await proposed(ask(2));
  await rig.queue.withdraw(third.id);
  expect(await ask(3)).toMatchObject({ flood: { cause: "per-hour" } });
  clock += 3_600_001;
  await proposed(ask(3));
});

test("the hour goes on over a restart", async () => {
  await using folder = await makeFolder();
  const limits = { perHour: 1 };
  const first = await openQueueRig(folder.path, { limits });
  await first.queue.withdraw((await proposed(first.queue.propose(askFor("a.test"), why))).id);
  await first[Symbol.asyncDispose]();
  await using again = await openQueueRig(folder.path, { limits });
  expect(await again.queue.propose(askFor("b.test"), why)).toMatchObject({ flood: { cause: "per-hour" } });
});

test("of what is decided the newest are kept, in number and in bytes, and what waits is never in the way", async () => {
  await using folder = await makeFolder();
  fill(folder.path, 30, (at) => (at === 0 ? {} : { state: "withdrawn" }));
  const first = await openQueueRig(folder.path, { limits: { kept: 10 } });
  expect(first.queue.list().map(({ id }) => id)).toEqual([...Array.from({ length: 10 }, (_, at) => `p-000000${29 - at}`), "p-00000000"]);
  expect(await readdir(folder.path)).toHaveLength(11);
  await first.queue.withdraw("p-00000000");
  expect(first.queue.list().map(({ id }) => id)).toEqual([...Array.from({ length: 9 }, (_, at) => `p-000000${29 - at}`), "p-00000000"]);
  await first[Symbol.asyncDispose]();
  await using again = await openQueueRig(folder.path, { limits: { keptBytes: 1000 } });
  expect(again.queue.list().map(({ id }) => id)).toEqual(["p-00000029", "p-00000000"]);
});

test("refusals without end are a few records and a count", () => {
  const events: unknown[] = [];
  const refusals = createRefusals({ record: (event) => void events.push(event), alike: 3, windowMs: 60_000 });
  for (let at = 0; at < 1000; at += 1) refusals.record("egress", "judged", `h${at}: no\u202e`);
  refusals.record("push", "not-held", "x");
  refusals[Symbol.dispose]();
  expect(events).toHaveLength(5);
  expect(events[0]).toEqual({ type: "proposal", state: "refused", kind: "egress", detail: "h0: no\\u{202e}" });
  expect(events.at(-1)).toEqual({ type: "proposal", state: "refused", kind: "egress", detail: "997 more, the last: h999: no\\u{202e}" });
});

test("among 1 000 proposals the newest and the oldest are listed and decided", async () => {
  await using folder = await makeFolder();
  const queue = join(folder.path, "queue");
  await mkdir(queue);
  fill(queue, 1000, () => ({}));
  await using rig = await startRig({ directory: folder.path, limits: { pending: 2000 } });
  const listed = rig.supervise.list();
  expect(listed).toHaveLength(1000);
  for (const { id, hash } of [listed[0], listed[999]].filter((one) => one !== undefined)) {
    expect(await rig.supervise.approve({ proposal: id, hash, by: "me" })).toMatchObject({ id, state: "applied" });
  }
  expect(rig.supervise.list().filter(({ state }) => state === "pending")).toHaveLength(998);
});
