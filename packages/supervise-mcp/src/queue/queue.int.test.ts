import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Proposal } from "@bottle/manifest";
import { parseProposal } from "@bottle/manifest/state";
import fc from "fast-check";
import { expect, test } from "vitest";
import { openQueueRig, proposed, type QueueRig } from "../testing/queue-rig.ts";
import { askFor, makeFolder, until } from "../testing/world.ts";

const ways = ["pending", "pending approved", "pending approved applied", "pending approved failed", "pending rejected", "pending expired", "pending withdrawn"];
const why = "I need it.";

async function onDisk(path: string): Promise<readonly Proposal[]> {
  const names = await readdir(path);
  return Promise.all(names.map(async (name) => parseProposal(await readFile(join(path, name), "utf8"))));
}

type Step = { readonly do: "ask" | "approve" | "reject" | "withdraw" | "settle"; readonly which: number } | { readonly do: "pass" | "reopen" };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constantFrom("ask" as const, "approve" as const, "reject" as const, "withdraw" as const, "settle" as const), which: fc.nat(3) }),
  fc.record({ do: fc.constantFrom("pass" as const, "reopen" as const) }),
);

test("whatever is done at once and in any order, each proposal goes one way, is decided once, and is on the disk as it was recorded", async () => {
  await fc.assert(fc.asyncProperty(fc.array(fc.array(step, { maxLength: 4 }), { maxLength: 6 }), async (rounds) => {
    await using folder = await makeFolder();
    let clock = Date.parse("2026-01-01T00:00:00Z");
    const history = new Map<string, string[]>();
    const options = {
      now: () => clock, limits: { pending: 3, lifeMs: 1000 },
      apply: ({ ask }: Proposal) => (ask.kind === "egress" && ask.route.host === "0.test" ? Promise.resolve("later" as const) : ask.kind === "egress" && ask.route.host === "1.test" ? Promise.reject(new Error("no")) : Promise.resolve("applied" as const)),
      onEvent: (event: { readonly proposal?: string; readonly state?: string; readonly decision?: string }) => void history.set(event.proposal ?? "", [...history.get(event.proposal ?? "") ?? [], event.state ?? event.decision ?? ""]),
    };
    let rig = await openQueueRig(folder.path, options);
    for (const round of rounds) {
      if (round.some((one) => one.do === "pass")) clock += 1001;
      await Promise.allSettled(round.map((one) => carryOut(one, rig)));
      if (round.some((one) => one.do === "reopen")) {
        await rig[Symbol.asyncDispose]();
        rig = await openQueueRig(folder.path, options);
      }
    }
    await rig[Symbol.asyncDispose]();
    const files = await onDisk(folder.path);
    expect(files.map(({ id }) => id).sort()).toEqual([...history.keys()].sort());
    for (const { id, state } of files) {
      expect(ways).toContain(history.get(id)?.join(" "));
      expect(history.get(id)?.at(-1)).toBe(state);
    }
  }), { numRuns: 100 });
}, 60_000);

async function carryOut(one: Step, { queue, decisions }: QueueRig): Promise<unknown> {
  if (!("which" in one)) return undefined;
  if (one.do === "ask") return queue.propose(askFor(`${one.which}.test`), why);
  const { id: proposal = "", hash = "" } = queue.list()[one.which] ?? {};
  switch (one.do) {
    case "approve": return decisions.approve({ proposal, hash, by: "a" });
    case "reject": return decisions.reject({ proposal, hash, by: "b" });
    case "withdraw": return queue.withdraw(proposal);
    default: return decisions.settle({ proposal, outcome: "applied" });
  }
}

test("of two operators the second is told who was first", async () => {
  await using folder = await makeFolder();
  await using rig = await openQueueRig(folder.path);
  const { id, hash } = await proposed(rig.queue.propose(askFor("a.test"), why));
  const [yes, no, late] = await Promise.allSettled([
    rig.decisions.approve({ proposal: id, hash, by: "ann" }), rig.decisions.reject({ proposal: id, hash, by: "bob" }), rig.queue.withdraw(id),
  ]);
  expect(yes).toMatchObject({ status: "fulfilled", value: { state: "applied" } });
  expect(no).toMatchObject({ status: "rejected", reason: { code: "proposal-decided", message: expect.stringContaining(`${id} cannot be decided any more: ann approved it at `) } });
  expect(late).toMatchObject({ status: "fulfilled", value: { decision: { by: "ann" } } });
  expect(rig.events.map((event) => ("state" in event ? event.state : event.decision))).toEqual(["pending", "approved", "applied"]);
});

test("an approval counts only for what was shown, and only if it makes sense", async () => {
  await using folder = await makeFolder();
  await using rig = await openQueueRig(folder.path);
  const { id: proposal, hash } = await proposed(rig.queue.propose(askFor("a.test"), why));
  const { id: image, hash: imageHash } = await proposed(rig.queue.propose({ kind: "capability", dockerfile: "FROM x\n" }, why));
  const approve = (more: object): Promise<unknown> => rig.decisions.approve({ proposal, hash, by: "me", ...more });
  await expect(approve({ hash: "0".repeat(64) })).rejects.toMatchObject({ code: "proposal-changed", message: expect.stringContaining("not what you were shown") });
  await expect(approve({ proposal: "p-none0000" })).rejects.toMatchObject({ code: "proposal-unknown" });
  for (const more of [{ by: " " }, { route: { host: "*" } }, { route: { host: "a.test", auth: {} } }, { until: "2020-01-01T00:00:00Z" }, { until: "soon" }, { uses: 0 }, { uses: 1.5 }, { reason: "x".repeat(3000) }]) {
    await expect(approve(more)).rejects.toMatchObject({ code: "decision-invalid" });
  }
  await expect(rig.decisions.approve({ proposal: image, hash: imageHash, by: "me", uses: 1 })).rejects.toMatchObject({ code: "decision-invalid" });
  expect(rig.queue.list().map(({ state }) => state)).toEqual(["pending", "pending"]);
  await approve({ route: { host: "a.test", paths: ["/only"] }, uses: 2 });
  expect(rig.queue.get(proposal)).toMatchObject({ state: "applied", decision: { route: { host: "a.test", paths: ["/only"] }, uses: 2 } });
});

test("what is left for later waits for its settlement, and nothing else does", async () => {
  await using folder = await makeFolder();
  await using rig = await openQueueRig(folder.path, { apply: () => Promise.resolve("later") });
  const { id: proposal, hash } = await proposed(rig.queue.propose({ kind: "capability", dockerfile: "FROM x\n" }, why));
  const settle = (outcome: "applied" | "failed"): Promise<Proposal> => rig.decisions.settle({ proposal, outcome, detail: "the disk is full" });
  await expect(settle("applied")).rejects.toMatchObject({ code: "proposal-not-approved" });
  expect(await rig.decisions.approve({ proposal, hash, by: "me" })).toMatchObject({ state: "approved" });
  expect(await settle("failed")).toMatchObject({ state: "failed", failure: "the disk is full" });
  await expect(settle("applied")).rejects.toMatchObject({ code: "proposal-not-approved" });
});

test("what nobody settles has failed after a while, and can be asked for again", async () => {
  await using folder = await makeFolder();
  await using rig = await openQueueRig(folder.path, { apply: () => Promise.resolve("later"), limits: { settleMs: 50 } });
  const ask = (): Promise<Proposal> => proposed(rig.queue.propose({ kind: "capability", dockerfile: "FROM x\n" }, why));
  const { id: proposal, hash } = await ask();
  await rig.decisions.approve({ proposal, hash, by: "me" });
  expect((await ask()).id).toBe(proposal);
  await until(() => (rig.queue.get(proposal)?.state === "failed" ? true : undefined));
  expect((await ask()).id).not.toBe(proposal);
});

test("what nobody decides on expires by itself, and cannot be decided any more", async () => {
  await using folder = await makeFolder();
  await using rig = await openQueueRig(folder.path, { limits: { lifeMs: 100 } });
  const { id: proposal, hash } = await proposed(rig.queue.propose(askFor("a.test"), why));
  const expired = Promise.withResolvers<void>();
  using _listening = rig.queue.onChange(proposal, expired.resolve);
  await expired.promise;
  expect(rig.queue.get(proposal)?.state).toBe("expired");
  await expect(rig.decisions.approve({ proposal, hash, by: "me" })).rejects.toMatchObject({ code: "proposal-decided", message: expect.stringContaining("nobody decided in time") });
});

test("a rejection answers the same question for a while; other words, or later, make a new proposal", async () => {
  await using folder = await makeFolder();
  let clock = Date.now();
  await using rig = await openQueueRig(folder.path, { now: () => clock });
  const ask = (justification: string): Promise<Proposal> => proposed(rig.queue.propose(askFor("a.test"), justification));
  const first = await ask(why);
  await rig.decisions.reject({ proposal: first.id, hash: first.hash, by: "me" });
  expect((await ask(why)).id).toBe(first.id);
  const second = await ask("The tests of the package need it.");
  expect(second.id).not.toBe(first.id);
  await rig.queue.withdraw(second.id);
  clock += 600_001;
  expect((await ask(why)).id).not.toBe(first.id);
});

test("what cannot be recorded does not happen", async () => {
  await using folder = await makeFolder();
  let isFull = false;
  await using rig = await openQueueRig(folder.path, { onEvent: () => {
    if (isFull) throw new Error("The audit log cannot be written.");
  } });
  const { id: proposal, hash } = await proposed(rig.queue.propose(askFor("a.test"), why));
  isFull = true;
  const before = await onDisk(folder.path);
  for (const act of [() => rig.queue.propose(askFor("b.test"), why), () => rig.decisions.approve({ proposal, hash, by: "me" }), () => rig.queue.withdraw(proposal)]) {
    await expect(act()).rejects.toMatchObject({ code: "queue-failed", message: expect.stringContaining("nothing was changed") });
  }
  expect(await onDisk(folder.path)).toEqual(before);
  expect(rig.queue.list()).toEqual(before);
  isFull = false;
  expect(await rig.decisions.approve({ proposal, hash, by: "me" })).toMatchObject({ state: "applied" });
});

test("what is in force though that could not be written down can be settled", async () => {
  await using folder = await makeFolder();
  let isFull = false;
  await using rig = await openQueueRig(folder.path, {
    apply: () => {
      isFull = true;
      return Promise.resolve("applied");
    },
    onEvent: () => {
      if (isFull) throw new Error("The audit log cannot be written.");
    },
  });
  const { id: proposal, hash } = await proposed(rig.queue.propose(askFor("a.test"), why));
  await expect(rig.decisions.approve({ proposal, hash, by: "me" })).rejects.toMatchObject({ code: "queue-failed", message: expect.stringContaining(`${proposal} is in force, but that cannot be written down`) });
  expect(rig.queue.get(proposal)?.state).toBe("approved");
  isFull = false;
  expect(await rig.decisions.settle({ proposal, outcome: "applied" })).toMatchObject({ state: "applied" });
});
