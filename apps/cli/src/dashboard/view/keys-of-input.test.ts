import type { Key } from "ink";
import { expect, test } from "vitest";
import { keysOfInput } from "./keys-of-input.ts";

const none: Key = {
  upArrow: false, downArrow: false, leftArrow: false, rightArrow: false, pageDown: false, pageUp: false, home: false, end: false, return: false, escape: false,
  ctrl: false, shift: false, tab: false, backspace: false, delete: false, meta: false, super: false, hyper: false, capsLock: false, numLock: false,
};

test.each<readonly [string, Partial<Key>, readonly string[]]>([
  ["j", {}, ["j"]],
  ["jjk", {}, ["j", "j", "k"]],
  ["漢\u{1f600}", {}, ["漢", "\u{1f600}"]],
  ["no\r", {}, ["n", "o", "enter"]],
  ["", { tab: true }, ["tab"]],
  ["", { tab: true, shift: true }, ["shift-tab"]],
  ["", { return: true }, ["enter"]],
  ["", { pageDown: true }, ["pagedown"]],
  ["c", { ctrl: true }, ["ctrl-c"]],
  ["y", { meta: true }, []],
  ["y", { eventType: "release" }, []],
])("%j with %j is %j", (input, key, expected) => {
  expect(keysOfInput(input, { ...none, ...key })).toEqual(expected);
});
