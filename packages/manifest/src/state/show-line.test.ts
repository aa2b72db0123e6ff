import { expect, test } from "vitest";
import { formatShowLine, parseShowLine } from "./show-line.ts";

test("what is written is read, line ends and all", () => {
  const files = { "current-config/routes.json": "[\n]\n", "current-config/Dockerfile": "ARG BASE\nFROM ${BASE}\n" };
  const line = formatShowLine(files);
  expect(line).not.toContain("\n");
  expect(parseShowLine(line)).toEqual(files);
});

test.each([
  ["the trusted CAs", { "ca.pem": "x" }],
  ["a way up", { "current-config/../ca.pem": "x" }],
  ["an absolute path", { "/etc/passwd": "x" }],
  ["the folder itself", { "current-config/": "x" }],
  ["a folder below it", { "current-config/a/b": "x" }],
  ["a hidden name", { "current-config/.x": "x" }],
  ["a name with a line end", { "current-config/a\n": "x" }],
  ["no file", {}],
  ["nine files", Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`current-config/${index}`, ""]))],
  ["a text of more than a mebibyte", { "current-config/a": "x".repeat(1_048_577) }],
  ["something that is no text", { "current-config/a": 1 }],
])("%s is not shown", (_, show) => {
  expect(parseShowLine(JSON.stringify({ show }))).toBeUndefined();
});

test.each(["", "{", "[]", "null", '{"want":"TOKEN"}', '{"show":{"current-config/a":"x"},"more":1}'])("%j shows nothing", (line) => {
  expect(parseShowLine(line)).toBeUndefined();
});
