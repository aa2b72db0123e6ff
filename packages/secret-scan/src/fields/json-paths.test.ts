import { expect, test } from "vitest";
import { readJsonTexts } from "./json-paths.ts";

test("texts are told by their paths, and names by the path that ends in them", () => {
  expect(readJsonTexts("{\"a\":[1,\"x\"]}", (name) => name)).toEqual([{ path: "$.a", isName: true, text: "a" }, { path: "$.a[1]", isName: false, text: "x" }]);
});

test("a path is cut short, however deep a text is", () => {
  const deep = 100_000;
  const texts = readJsonTexts(`${"[".repeat(deep)}${Array(1_000).fill("\"x\"").join(",")}${"]".repeat(deep)}`, (name) => name);
  expect(texts.length).toBe(1_000);
  expect(new Set(texts.map(({ path }) => path))).toEqual(new Set([`$${"[0]".repeat(134)}…`]));
});
