import { expect, test } from "vitest";
import { quoted } from "./quoted.ts";

test("every line has the mark, also where a terminal would have broken one", () => {
  expect(quoted("a\n\nb")).toEqual(["  │ a", "  │ ", "  │ b"]);
  const lines = quoted(`${"x".repeat(76)}hash  0000`, "  + ", "  … ");
  expect(lines).toEqual([`  + ${"x".repeat(76)}`, "  … hash  0000"]);
});

test("wide characters count twice, and none is halved", () => {
  const [first = "", second = ""] = quoted("漢".repeat(39));
  expect([first.length, second]).toEqual([4 + 38, "  │ 漢"]);
  expect(quoted("🙂".repeat(40)).join("").isWellFormed()).toBe(true);
});
