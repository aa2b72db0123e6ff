import { once } from "node:events";
import { createInterface } from "node:readline";
import { PassThrough } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { secretValue, type TokenReading } from "@bottle/manifest";
import { expect, test } from "vitest";
import { askOn } from "./ask.ts";
import { renewTokens, type RenewOptions } from "./renew.ts";

const reading = (value: string): TokenReading => ({ value: secretValue(value) });
const told: string[] = [];
const lookup = (change: Partial<RenewOptions>): ReturnType<typeof renewTokens> => {
  told.length = 0;
  return renewTokens({
    values: { FIXED: "fixed", T: "first" }, renewable: ["T"], ask: () => Promise.resolve(reading("second")), holdMs: 0,
    onNew: (name, value) => void told.push(`new ${name} ${value}`), say: (sentence) => void told.push(sentence), ...change,
  });
};

test("a value that may change is asked for again, and made known before it is used; others are not", async () => {
  const tokens = lookup({});
  expect(tokens("FIXED")).toBe("fixed");
  expect(await tokens("T")).toBe("second");
  expect(await tokens("T")).toBe("second");
  expect(told).toEqual(["new T second"]);
  expect([tokens("OTHER"), tokens("__proto__"), tokens("constructor")]).toEqual([undefined, undefined, undefined]);
});

test("one that is no longer to be had is none, and that is said once; the old value is not used", async () => {
  const readings: TokenReading[] = [{ problem: "/t is gone" }, { problem: "/t is gone" }, reading("third")];
  const tokens = lookup({ ask: () => Promise.resolve(readings.shift() ?? reading("last")) });
  expect([await tokens("T"), await tokens("T"), await tokens("T")]).toEqual([undefined, undefined, "third"]);
  expect(told).toEqual(["The credential T is not to be had: /t is gone. Its routes refuse.", "new T third", "The credential T is there again."]);
});

test("an answer counts for a moment, and of many who ask at once one does", async () => {
  let asked = 0;
  const held = lookup({ holdMs: 60_000, ask: () => Promise.reject(new Error("asked too early")) });
  expect(held("T")).toBe("first");
  const tokens = lookup({ ask: async () => {
    asked += 1;
    await delay(10);
    return reading("second");
  } });
  expect(await Promise.all(Array.from({ length: 50 }, () => tokens("T")))).toEqual(Array.from({ length: 50 }, () => "second"));
  expect(asked).toBe(1);
});

test("a request is one line, its reply another; what is no reply, or was not asked for, is passed over", async () => {
  const [input, written] = [new PassThrough(), [] as string[]];
  const lines = createInterface({ input });
  const ask = askOn({ lines, write: (line) => void written.push(line) });
  const asked = [ask("T"), ask("T"), ask("U")];
  expect(written).toEqual([`{"want":"T"}`, `{"want":"U"}`]);
  input.write(`nonsense\n{"token":"OTHER","value":"x"}\n{"token":"U","problem":"none"}\n{"token":"T","value":"value"}\n`);
  const [first, second, third] = await Promise.all(asked);
  expect([first && "value" in first && first.value.reveal(), second && "value" in second && second.value.reveal(), third]).toEqual(["value", "value", { problem: "none" }]);
  const last = ask("T");
  input.end();
  await once(lines, "close");
  expect(await last).toEqual({ problem: "nobody answers any more" });
  expect(await ask("T")).toEqual({ problem: "nobody answers any more" });
});
