import { format, inspect } from "node:util";
import { expect, test } from "vitest";
import { secretValue } from "./index.ts";

const value = "hunter2-s3cret";
const secret = secretValue(value);

test("reveal gives the value back", () => {
  expect(secret.reveal()).toBe(value);
});

test.each([
  ["String", () => String(secret)],
  ["a template", () => `${secret}`],
  ["concatenation", () => `${"" + secret}`],
  ["JSON", () => JSON.stringify({ secret })],
  ["inspect", () => inspect(secret)],
  ["inspect of hidden things", () => inspect({ secret }, { showHidden: true, depth: 9, customInspect: false, getters: true })],
  ["format", () => format("%s %o %j %O", secret, secret, secret, secret)],
  ["keys", () => JSON.stringify([Object.keys(secret), Object.getOwnPropertyNames(secret), Reflect.ownKeys(secret), Object.entries(secret)])],
  ["a clone", () => inspect(structuredClone(secret), { showHidden: true })],
  ["a spread copy", () => inspect({ ...secret })],
  ["an error", () => inspect(new Error("failed", { cause: secret }))],
])("%s does not show the value", (_, show) => {
  expect(show()).not.toContain("hunter2");
});

test("whoever shows it shows [secret]", () => {
  expect([String(secret), JSON.stringify(secret), inspect(secret)]).toEqual(["[secret]", "\"[secret]\"", "[secret]"]);
});

test("it cannot be changed", () => {
  expect(() => Object.assign(secret, { reveal: () => "other" })).toThrow(TypeError);
});
