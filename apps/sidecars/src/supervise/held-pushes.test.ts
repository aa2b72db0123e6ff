import type { AskedPush } from "@bottle/manifest";
import { expect, test } from "vitest";
import { createHeldPushes } from "./held-pushes.ts";

const object = "1".repeat(40);
const finding = { rule: "listed", kind: "known", object, type: "blob", path: "a.txt" } as const;
const push = (more: Partial<AskedPush> = {}): AskedPush => ({ repository: "app", updates: [{ ref: "refs/heads/x", new: "2".repeat(40) }], findings: [finding], review: [], ...more });
const idIn = (text: string): string => /h-[0-9a-f]{12}/.exec(text)?.[0] ?? "";

test("only what was held and released passes, until it was taken", async () => {
  const { gate, find, release } = createHeldPushes();
  expect(await gate.isReleased(push())).toBe(false);
  expect(() => release(push())).toThrow("no more");
  const id = idIn(await gate.hold(push()));
  expect(find(id)).toEqual(push());
  expect(await gate.isReleased(push())).toBe(false);
  release(push());
  expect(await gate.isReleased(push({ repository: "other" }))).toBe(false);
  expect(await gate.isReleased(push({ updates: [{ ref: "refs/heads/x", old: "3".repeat(40), new: "2".repeat(40) }] }))).toBe(false);
  expect([await gate.isReleased(push()), await gate.isReleased(push()), find(id)]).toEqual([true, true, push()]);
  gate.taken(push());
  expect([await gate.isReleased(push()), find(id)]).toEqual([false, undefined]);
});

test("the same objects have one id, in whichever order their refs come", async () => {
  const { gate } = createHeldPushes();
  const updates = [{ ref: "refs/heads/a", new: object }, { ref: "refs/heads/b", new: object }];
  expect(idIn(await gate.hold(push({ updates })))).toBe(idIn(await gate.hold(push({ updates: updates.toReversed() }))));
});

test("a release is of what was shown: with more to look at, the same objects are held again", async () => {
  const { gate, release } = createHeldPushes();
  await gate.hold(push());
  release(push());
  expect(await gate.isReleased(push({ findings: [finding, { ...finding, rule: "another" }] }))).toBe(false);
  expect(await gate.isReleased(push({ review: [".github/workflows/x.yml"] }))).toBe(false);
  expect(await gate.isReleased(push({ findings: [] }))).toBe(true);
  await gate.hold(push({ findings: [finding, { ...finding, rule: "another" }] }));
  expect(() => release(push())).toThrow("no more");
});

test("a hundred are held, and a flood does not push out what was released", async () => {
  const { gate, find, release } = createHeldPushes();
  const numbered = (count: number): AskedPush => push({ updates: [{ ref: `refs/heads/${count}`, new: object }] });
  const first = idIn(await gate.hold(numbered(0)));
  const second = idIn(await gate.hold(numbered(1)));
  release(numbered(0));
  for (let count = 2; count < 300; count += 1) await gate.hold(numbered(count));
  expect([find(first) !== undefined, find(second)]).toEqual([true, undefined]);
  expect(await gate.isReleased(numbered(0))).toBe(true);
});

test("of a push that holds much, the first hundred are shown, and how many more there are", async () => {
  const { gate, find, release } = createHeldPushes();
  const large = push({ findings: Array.from({ length: 300 }, (_, line) => ({ ...finding, rule: `rule ${line}` })) });
  const shown = find(idIn(await gate.hold(large)));
  expect(shown?.findings).toHaveLength(100);
  expect(shown?.unlisted).toBe(200);
  release(shown ?? push());
  expect(await gate.isReleased(large)).toBe(true);
});

test("a path behind a hundred others counts, and more of them than were counted are held again", async () => {
  const { gate, find, release } = createHeldPushes();
  const hidden = push({ review: [...Array.from({ length: 100 }, (_, at) => `.circleci/${at}`), ".github/workflows/x.yml"], unlisted: 7 });
  const shown = find(idIn(await gate.hold(hidden))) ?? push();
  expect(shown.unlisted).toBe(8);
  expect(() => release({ ...shown, unlisted: 7 })).toThrow("no more");
  release(shown);
  expect(await gate.isReleased({ ...hidden, unlisted: 8 })).toBe(false);
  expect(await gate.isReleased(hidden)).toBe(true);
});
