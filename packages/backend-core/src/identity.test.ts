import { expect, test } from "vitest";
import { createIdentity, isIdentity, slugOf } from "./identity.ts";

test("an identity is the agent's name and five base36 digits", () => {
  expect(createIdentity("dev", () => 0)).toBe("dev-00000");
  expect(createIdentity("dev", () => 1 - Number.EPSILON)).toBe("dev-zzzzz");
});

test.each(["", "../x", "Dev", "-dev", "a/b", "a b", "x".repeat(42), "dev\n"])("%j cannot be an agent's name", (name) => {
  expect(() => createIdentity(name)).toThrow(`"${name}" cannot be an agent's name.`);
});

test.each([
  ["dev-4k2x9", true], ["a-b-00000", true], ["dev", false], ["dev-4k2x", false], ["../dev-4k2x9", false], ["dev-4k2x9/..", false],
  ["dev-4K2X9", false], ["dev-4k2x9\n", false], ["", false],
])("%j is an identity: %s", (text, expected) => {
  expect(isIdentity(text)).toBe(expected);
});

test("the slug is the identity with bottle's name before it", () => {
  expect(slugOf("dev-4k2x9")).toBe("bottle-dev-4k2x9");
});
