import { expect, test } from "vitest";
import { visible } from "./visible.ts";

test.each([
  ["plain é 漢 🙂", "plain é 漢 🙂"],
  ["\u001b[31mred\u001b[0m", "\\u001b[31mred\\u001b[0m"],
  ["a\nb\tc", "a\\u000ab\\u0009c"],
  ["\u202egnp.exe", "\\u202egnp.exe"],
  ["\u009b31m\u200b", "\\u009b31m\\u200b"],
])("%j is shown as %j", (text, shown) => {
  expect(visible(text)).toBe(shown);
});

test("lines stay where they are asked for, and nothing else does", () => {
  expect(visible("a\nb\r\u001b", { keepLines: true })).toBe("a\nb\\u000d\\u001b");
});
