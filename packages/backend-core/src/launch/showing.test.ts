import { expect, test } from "vitest";
import { createShowing, type ShownFiles } from "./showing.ts";

const silent = (): void => undefined;
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("what was said before there was a bottle is shown in it, the newest of each file", async () => {
  const shown: ShownFiles[] = [];
  const showing = createShowing(silent);
  showing.take({ a: "1", b: "1" });
  showing.take({ a: "2" });
  await showing.begin(async (files) => void shown.push(files));
  expect(shown).toEqual([{ a: "2", b: "1" }]);
});

test("one is shown after the other, and what is overtaken meanwhile is never shown", async () => {
  const shown: ShownFiles[] = [];
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()] as const;
  const showing = createShowing(silent);
  showing.take({ a: "1" });
  const begun = showing.begin((files) => (gates[shown.push(files) - 1] ?? gates[1]).promise);
  for (const a of ["2", "3", "4"]) showing.take({ a });
  expect(shown).toEqual([{ a: "1" }]);
  gates[0].resolve();
  await begun;
  gates[1].resolve();
  await settled();
  expect(shown).toEqual([{ a: "1" }, { a: "4" }]);
});

test("a launch ends if the first cannot be shown, if none comes, and when it is aborted", async () => {
  const failing = createShowing(silent);
  failing.take({ a: "1" });
  await expect(failing.begin(() => Promise.reject(new Error("no room")))).rejects.toMatchObject({ code: "launch-failed", message: "What the agent may see of its routes could not be shown: no room" });
  await expect(createShowing(silent, 10).begin(async () => undefined)).rejects.toMatchObject({ code: "launch-failed", message: expect.stringContaining("the sidecars did not say it") });
  const reason = new Error("stopped by the test");
  await expect(createShowing(silent).begin(async () => undefined, AbortSignal.abort(reason))).rejects.toBe(reason);
});

test("what cannot be refreshed later is a warning, the next is tried again, and after the end nothing is", async () => {
  const [warnings, shown]: [string[], ShownFiles[]] = [[], []];
  const showing = createShowing((message) => warnings.push(message));
  showing.take({ a: "1" });
  await showing.begin((files) => {
    shown.push(files);
    return shown.length === 2 ? Promise.reject(new Error("no room")) : Promise.resolve();
  });
  for (const a of ["2", "3"]) {
    showing.take({ a });
    await settled();
  }
  showing.end();
  showing.take({ a: "4" });
  await settled();
  expect(shown).toEqual([{ a: "1" }, { a: "2" }, { a: "3" }]);
  expect(warnings).toEqual(["What the agent sees in /etc/bottle/current-config is no longer what is in force: no room"]);
});
