import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { openStateStore } from "@bottle/backend-core";
import type { Ask } from "@bottle/manifest";
import { expect, test as plainTest } from "vitest";
import type { Context } from "../context.ts";
import { createAskingBottle, type AskingBottle } from "../testing/asking-bottle.ts";
import { carryOut, type OutsideOrder } from "./carry-out.ts";
import type { Notice } from "./model.ts";

interface Rig {
  readonly bottle: AskingBottle;
  give(order: OutsideOrder): Promise<Notice>;
  /** What a command would have said on the terminal, in the midst of the screen. */
  readonly said: readonly string[];
}

const test = plainTest.extend("rig", async ({}, { onCleanup }): Promise<Rig> => {
  const home = mkdtempSync(join(tmpdir(), "bottle-carry-out-"));
  const bottle = await createAskingBottle(home, { bottle: "---\nworkspace: none\nsupervise: true\n---\n" });
  onCleanup(async () => {
    await bottle[Symbol.asyncDispose]();
    rmSync(home, { recursive: true, force: true });
  });
  const said: string[] = [];
  const hear = (text: string): void => void said.push(text);
  const context: Context = {
    env: {}, cwd: home, home, terminal: { input: new PassThrough(), output: new PassThrough(), error: new PassThrough(), isTerminal: true }, isInteractive: true, hasColour: false,
    signal: new AbortController().signal, isRoot: false, now: () => new Date("2026-05-04T12:00:00Z"), self: [], out: hear, err: hear,
  };
  return { bottle, said, give: (order) => carryOut(context, openStateStore(home), order) };
});

const route: Ask = { kind: "egress", route: { host: "a.example" } };

test("an approval names what was shown, for how long, and the route that was written instead", async ({ rig: { bottle, give, said } }) => {
  const { id, hash } = bottle.add(route);
  expect(await give({ kind: "approve", identity: bottle.identity, id, hash, uses: 1, forMs: 3_600_000, route: { host: "b.example" } })).toEqual({ tone: "good", text: `${id} is approved and in force.` });
  expect(bottle.orders).toEqual([{ op: "approve", proposal: id, hash, by: expect.stringMatching(/.@./), uses: 1, until: "2026-05-04T13:00:00.000Z", route: { host: "b.example" } }]);
  expect(said).toEqual([]);
});

test("what was decided before, could not be put in force, or is answered by nobody is said and done no further", async ({ rig: { bottle, give } }) => {
  const [first, second] = [bottle.add(route), bottle.add(route)];
  bottle.outcome = { state: "failed", failure: "the hop said no" };
  const approve = ({ id, hash }: typeof first): Promise<Notice> => give({ kind: "approve", identity: bottle.identity, id, hash });
  expect(await approve(first)).toEqual({ tone: "bad", text: `${first.id} was approved and could not be put in force: the hop said no. What was before stands.` });
  expect(await approve(first)).toEqual({ tone: "bad", text: `${first.id} cannot be decided any more.` });
  await bottle.kill();
  expect(await approve(second)).toEqual({ tone: "bad", text: expect.stringContaining("do not answer") });
  expect(await give({ kind: "reject", identity: "dev-zzzzz", id: second.id, hash: second.hash })).toEqual({ tone: "bad", text: expect.stringContaining('There is no bottle "dev-zzzzz".') });
});

test("an image that is approved is written, told to the sidecars, and its bottle stopped with the way on", async ({ rig: { bottle, give, said } }) => {
  const { id, hash } = bottle.add({ kind: "capability", dockerfile: "ARG BASE\nFROM ${BASE}\nRUN true\n" });
  bottle.outcome = { state: "approved" };
  expect(await give({ kind: "approve", identity: bottle.identity, id, hash })).toEqual({ tone: "good", text: `${bottle.identity} is stopped. \`bottle resume ${bottle.identity}\` builds its image and goes on.` });
  expect(bottle.orders).toMatchObject([{ op: "approve" }, { op: "settle", proposal: id, outcome: "applied" }]);
  expect(readFileSync(join(bottle.root, "Dockerfile"), "utf8")).toBe("ARG BASE\nFROM ${BASE}\nRUN true\n");
  expect(said).toEqual([]);
});

test("a rejection carries the reason, a grant is taken back by its id", async ({ rig: { bottle, give } }) => {
  const { id, hash } = bottle.add(route);
  expect(await give({ kind: "reject", identity: bottle.identity, id, hash, reason: "use the mirror" })).toMatchObject({ tone: "good" });
  expect(await give({ kind: "revoke", identity: bottle.identity, id })).toMatchObject({ tone: "good" });
  expect(bottle.orders).toMatchObject([{ op: "reject", hash, reason: "use the mirror" }, { op: "revoke", proposal: id }]);
});
