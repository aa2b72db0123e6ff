import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";

test.each([
  ["hosst", "host"], ["tokenRef", "token_ref"], ["token-ref", "token_ref"], ["HOST", "host"], ["ohst", "host"], ["methos", "methods"], ["zebra", undefined], ["", undefined], ["x".repeat(1_000), undefined],
])("%s is taken for %s", (word, expected) => {
  expect(nearest(word, ["host", "methods", "token_ref"])).toBe(expected);
});
