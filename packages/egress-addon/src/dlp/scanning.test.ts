import { setImmediate as turn } from "node:timers/promises";
import { expect, test } from "vitest";
import { createScanning } from "./scanning.ts";

const auth = { scheme: "bearer", tokenRef: "TOKEN" } as const;
const valueOf = (index: number): string => `token-value-${index}-${"abcdefghijkl"[index % 12]}93kd02`;

test("a credential is looked for from when it is known, with the values it had last, also after the scan was made anew", async () => {
  const scanning = createScanning({ known: [], canaries: [], packs: [] });
  await scanning.load();
  const rules = (value: string): readonly string[] => scanning.head({ host: "api.example.com", target: `/a?q=${value}`, headers: [] }, "block").map(({ rule }) => rule);
  for (let index = 0; index < 10; index += 1) {
    scanning.know(auth, valueOf(index));
    // The scan is there at once, not only after the turn in which it is made.
    expect(rules(valueOf(index))).toEqual(["credential TOKEN"]);
    await turn();
    expect(rules(valueOf(index))).toEqual(["credential TOKEN"]);
  }
  expect([rules(valueOf(2)), rules(valueOf(1))]).toEqual([["credential TOKEN"], []]);
});

test("a value that comes again is the newest again", async () => {
  const scanning = createScanning({ known: [], canaries: [], packs: [] });
  await scanning.load();
  for (const index of [0, 1, 0, 2, 3, 4, 5, 6, 7, 8]) scanning.know(auth, valueOf(index));
  const found = [0, 1].map((index) => scanning.head({ host: "api.example.com", target: `/${valueOf(index)}`, headers: [] }, "off").length);
  expect(found).toEqual([1, 0]);
});
