import { expect, test } from "vitest";
import { jsonText } from "./json.ts";

test.each(["\u009b31m", "\u007f", "\u202egnp.exe", "\u{e0041}", "é 漢 🙂\n\u001b"])("%j is the same value, and nothing in its text moves or hides on a terminal", (name) => {
  const text = jsonText({ [name]: [name] });
  expect(JSON.parse(text)).toEqual({ [name]: [name] });
  expect(text).not.toMatch(/[\u007f-\u009f\u202e]|[\u{e0000}-\u{e0fff}]/u);
});

test("ordinary text stays readable, on several lines or on one", () => {
  expect(jsonText({ a: "é 🙂" })).toBe('{\n  "a": "é 🙂"\n}');
  expect(jsonText({ a: 1 }, { isOneLine: true })).toBe('{"a":1}');
});
